"""The learning rate's shape: up, down a cosine, then a straight line to 1e-6."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.schedule import COOLDOWN_END, Schedule, make_schedule


def test_known_points() -> None:
    schedule = Schedule(peak=1.0, warmup_steps=10, main_end=110, end=130)
    rates = [schedule.learning_rate(step) for step in range(140)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == 1.0
    assert rates[59] == pytest.approx(0.1 + 0.9 * 0.5)
    assert rates[109] == pytest.approx(0.1)
    assert rates[119] == pytest.approx((0.1 + COOLDOWN_END) / 2)
    assert rates[129] == rates[139] == pytest.approx(COOLDOWN_END)


@given(peak=st.floats(1e-5, 1e-1), steps=st.integers(1, 3000), cooldown_steps=st.integers(0, 3000))
def test_it_rises_then_never_rises_again(peak: float, steps: int, cooldown_steps: int) -> None:
    schedule = make_schedule(peak, steps, cooldown_steps)
    rates = [schedule.learning_rate(step) for step in range(steps + 2)]
    assert all(0 < rate <= peak for rate in rates)
    top = schedule.warmup_steps
    assert rates[:top] == sorted(rates[:top])
    assert rates[max(0, top - 1) :] == sorted(rates[max(0, top - 1) :], reverse=True)
    assert top <= max(1, math.ceil(steps / 10))
    last = COOLDOWN_END if cooldown_steps else peak / 10
    assert rates[steps - 1] == pytest.approx(last) or steps == top


def test_long_runs_warm_up_as_the_paper_does() -> None:
    assert make_schedule(1e-3, 100_000).warmup_steps == 1325


@pytest.mark.parametrize(
    ("peak", "steps"), [(0.0, (1, 2, 3)), (math.nan, (1, 2, 3)), (1.0, (3, 2, 3)), (1.0, (1, 5, 3))]
)
def test_nonsense_is_refused(peak: float, steps: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"is not a positive number|not in order"):
        Schedule(peak, *steps)

"""The learning rate's shape: up, along the main part, down to 1e-6."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import SettingError
from trainer.schedule import COOLDOWN_END, COOLDOWNS, SHAPES, Schedule, make_schedule


def test_known_points() -> None:
    schedule = Schedule(peak=1.0, warmup_steps=10, main_end=110, end=130)
    rates = [schedule.learning_rate(step) for step in range(140)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == 1.0
    assert rates[59] == pytest.approx(0.1 + 0.9 * 0.5)
    assert rates[109] == pytest.approx(0.1)
    assert rates[119] == pytest.approx((0.1 + COOLDOWN_END) / 2)
    assert rates[129] == rates[139] == pytest.approx(COOLDOWN_END)


# Steps 0, 9, 34, 59, 84, 109, 114, 119, 129 of a run with 10 steps of warm-up and 20 of cooldown, with peak 1.
GOLDEN_RATES = {
    ("cosine", "linear"): [0.1, 1.0, 0.868198, 0.55, 0.231802, 0.1, 0.075, 0.05, 1e-6],
    ("cosine", "sqrt"): [0.1, 1.0, 0.868198, 0.55, 0.231802, 0.1, 0.050001, 0.029290, 1e-6],
    ("wsd", "linear"): [0.1, 1.0, 1.0, 1.0, 1.0, 1.0, 0.75, 0.500001, 1e-6],
    ("wsd", "sqrt"): [0.1, 1.0, 1.0, 1.0, 1.0, 1.0, 0.500001, 0.292894, 1e-6],
    ("linear", "linear"): [0.1, 1.0, 0.775, 0.55, 0.325, 0.1, 0.075, 0.05, 1e-6],
    ("constant", "sqrt"): [0.1, 1.0, 1.0, 1.0, 1.0, 1.0, 0.500001, 0.292894, 1e-6],
}


@pytest.mark.parametrize(("shape", "cooldown"), GOLDEN_RATES)
def test_golden_rates(shape: str, cooldown: str) -> None:
    schedule = make_schedule(1.0, 130, 20, 10, shape, cooldown)
    rates = [schedule.learning_rate(step) for step in (0, 9, 34, 59, 84, 109, 114, 119, 129)]
    assert rates == pytest.approx(GOLDEN_RATES[shape, cooldown], abs=2e-6)


def test_defaults_of_each_shape() -> None:
    wsd, constant = make_schedule(1.0, 1000, shape="wsd"), make_schedule(1.0, 1000, shape="constant")
    assert (wsd.main_end, wsd.end, wsd.warmup_steps) == (900, 1000, 100)  # MiniCPM's tenth
    assert constant.main_end == constant.end == 1000
    assert constant.learning_rate(999) == 1.0
    assert make_schedule(1.0, 1000, 0, shape="wsd").main_end == 1000


@given(
    peak=st.floats(1e-5, 1e-1),
    steps=st.integers(1, 3000),
    cooldown_steps=st.integers(0, 3000),
    shape=st.sampled_from(SHAPES),
    cooldown=st.sampled_from(COOLDOWNS),
)
def test_it_rises_then_never_rises_again(
    peak: float, steps: int, cooldown_steps: int, shape: str, cooldown: str
) -> None:
    schedule = make_schedule(peak, steps, cooldown_steps, shape=shape, cooldown=cooldown)
    rates = [schedule.learning_rate(step) for step in range(steps + 2)]
    assert all(0 < rate <= peak for rate in rates)
    top = schedule.warmup_steps
    assert rates[:top] == sorted(rates[:top])
    assert rates[max(0, top - 1) :] == sorted(rates[max(0, top - 1) :], reverse=True)
    assert top <= max(1, math.ceil(steps / 10))
    last = COOLDOWN_END if cooldown_steps else peak / 10 if shape in ("cosine", "linear") else peak
    assert rates[steps - 1] == pytest.approx(last) or steps == top


def test_long_runs_warm_up_as_the_paper_does() -> None:
    assert make_schedule(1e-3, 100_000).warmup_steps == 1325


@pytest.mark.parametrize(
    ("peak", "steps"), [(0.0, (1, 2, 3)), (math.nan, (1, 2, 3)), (1.0, (3, 2, 3)), (1.0, (1, 5, 3))]
)
def test_nonsense_is_refused(peak: float, steps: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"is not a positive number|not in order"):
        Schedule(peak, *steps)


def test_unknown_names_are_refused() -> None:
    for wrong in ({"shape": "steps"}, {"cooldown": "square"}):
        with pytest.raises(SettingError, match="is unknown; choose one of"):
            make_schedule(1.0, 10, **wrong)

"""Mixtures of a swarm, and what is predicted from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ablation.regression import Predicted, predict_best
from pipelines.ablation.swarm import Swarm
from pipelines.ablation.swarm_mixtures import below, candidates, swarm
from pipelines.ablation.tables import swarm_words

NATURAL = np.array([0.6, 0.3, 0.1])
FREE = np.ones(3)


@given(
    tokens=st.lists(st.integers(1, 10**6), min_size=2, max_size=8),
    room=st.floats(1.0, 20.0),
    seed=st.integers(0, 2**31),
)
def test_every_mixture_sums_to_one_within_the_caps(tokens: list[int], room: float, seed: int) -> None:
    natural = np.array(tokens) / sum(tokens)
    most = np.minimum(1.0, natural * room)
    drawn = swarm(natural, 6, most, seed)
    np.testing.assert_allclose(drawn.sum(axis=1), 1)
    assert (drawn >= 0).all()
    assert (drawn <= most + 1e-9).all()


def test_natural_and_uniform_come_first_and_a_seed_gives_the_same_swarm() -> None:
    drawn = swarm(NATURAL, 8, FREE, 3)
    np.testing.assert_allclose(drawn[0], NATURAL)
    np.testing.assert_allclose(drawn[1], np.full(3, 1 / 3))
    np.testing.assert_array_equal(drawn, swarm(NATURAL, 8, FREE, 3))
    assert len({row.tobytes() for row in drawn}) == 8


def test_what_is_over_a_cap_goes_to_the_others_in_proportion() -> None:
    np.testing.assert_allclose(below(NATURAL, np.array([0.4, 1, 1])), [0.4, 0.45, 0.15])
    with pytest.raises(ValueError, match="the sources' epochs allow 90% of the budget"):
        swarm(NATURAL, 4, np.array([0.3, 0.3, 0.3]), 0)


def test_the_best_of_a_known_bowl_is_found() -> None:
    """A smooth score with its least at (0.2, 0.5, 0.3), and a little noise."""
    target = np.array([0.2, 0.5, 0.3])
    weights = swarm(NATURAL, 32, FREE, 0)
    noise = np.random.default_rng(0).normal(0, 0.003, len(weights))
    scores = ((weights - target) ** 2).sum(axis=1) + noise
    best = predict_best(weights, scores, candidates(NATURAL, 2000, FREE, 1))
    assert np.abs(best.weights - target).max() < 0.08
    assert best.rank_correlation > 0.9
    assert best.weights.sum() == pytest.approx(1)


def test_scores_of_pure_noise_predict_nothing() -> None:
    weights = swarm(NATURAL, 24, FREE, 0)
    scores = np.random.default_rng(5).normal(1, 0.01, len(weights))
    best = predict_best(weights, scores, candidates(NATURAL, 500, FREE, 1))
    assert not best.rank_correlation > 0.5


@pytest.mark.parametrize(
    ("correlation", "score", "words"),
    [
        (float("nan"), 1.0, "4 mixtures are too few"),
        (0.3, 0.5, "too little to go by"),
        (0.9, 0.95, "not certainly better"),
        (0.9, 0.5, "better than every one that was trained"),
    ],
)
def test_what_a_fit_is_worth_is_said(correlation: float, score: float, words: str) -> None:
    weights = swarm(NATURAL, 4, FREE, 0)
    predicted = Predicted(NATURAL, score, 0.05, np.zeros(3), correlation, best_trained=1.0)
    assert words in swarm_words(Swarm(["a", "b", "c"], weights, np.ones(4), predicted, []))

"""The sample is a simple random one, the same in every run, and that of a subset is most of the whole's."""

import numpy as np

from pipelines.estimates.seeded_sample import SeededSample


def places(seed: int, rows_of_parts: list[np.ndarray], size: int = 50) -> list[tuple[int, int]]:
    sample = SeededSample(seed, "pages", size)
    for part, rows in enumerate(rows_of_parts):
        sample.offer(part, rows)
    return sample.places()


def test_every_place_is_drawn_equally_often() -> None:
    parts = [np.arange(100), np.arange(300)]
    drawn = np.zeros(400)
    for seed in range(400):
        drawn[[part * 100 + row for part, row in places(seed, parts)]] += 1
    assert drawn.sum() == 400 * 50
    # 50 expected with a standard deviation of 6.6; of 400 places none is five of them away
    assert abs(drawn - 50).max() < 33
    assert abs(drawn[:100].mean() - 50) < 3  # parts of any size alike


def test_the_sample_is_the_seeds_and_holds_each_place_once() -> None:
    parts = [np.arange(1000), np.arange(7), np.arange(0)]
    assert places(1, parts) == places(1, parts)
    assert places(1, parts) != places(2, parts)
    assert len(set(places(1, parts))) == 50


def test_fewer_than_asked_are_all_taken() -> None:
    assert sorted(places(3, [np.array([2, 9]), np.array([4])])) == [(0, 2), (0, 9), (1, 4)]


def test_a_subset_shares_its_sample_with_the_whole() -> None:
    whole = places(5, [np.arange(1000)])
    subset = places(5, [np.arange(0, 1000, 2)])
    assert {place for place in whole if place[1] % 2 == 0} <= set(subset)

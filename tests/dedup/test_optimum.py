import pytest
from datasketch.lsh import _optimal_param

from dedup.optimum import best_bands

THRESHOLDS = (0.1, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99)


@pytest.mark.parametrize("most_lanes", [1, 2, 3, 16, 49, 64, 100])
def test_bands_and_rows_are_datasketchs(most_lanes: int) -> None:
    for threshold in THRESHOLDS:
        if (most_lanes, threshold) != (2, 0.5):  # a tie, which datasketch decides by an error of its integrals
            assert best_bands(threshold, most_lanes) == _optimal_param(threshold, most_lanes, 0.5, 0.5), threshold


@pytest.mark.filterwarnings("ignore:The occurrence of roundoff error")
@pytest.mark.parametrize(("threshold", "most_lanes"), [(0.7, 250), (0.7, 256), (0.8, 128)])
def test_published_sizes_are_datasketchs(threshold: float, most_lanes: int) -> None:
    assert best_bands(threshold, most_lanes) == _optimal_param(threshold, most_lanes, 0.5, 0.5)


def test_of_equally_good_ones_the_first() -> None:
    assert best_bands(0.5, 2) in {(1, 1), (1, 2)}
    assert best_bands(0.5, 2) == (1, 1)


def test_the_most_lanes() -> None:
    assert best_bands(0.7, 4096) == (240, 17)
    assert best_bands(1.0, 8) == (1, 8)

import random

import numpy as np
import pyarrow as pa
import pytest

from dedup.bands import band_column, band_hashes
from dedup.settings import DedupSettings
from dedup.signatures import signatures


def test_bands_are_equal_exactly_where_their_lanes_are() -> None:
    generator = np.random.default_rng(3)
    lanes = generator.integers(0, 3, (400, 6), dtype=np.uint32)
    hashes = band_hashes(lanes, 3, 2)
    assert hashes.dtype == np.int64
    for band in range(3):
        by_hash = {
            (int(h), tuple(row))
            for h, row in zip(hashes[:, band], lanes[:, 2 * band : 2 * band + 2].tolist(), strict=True)
        }
        assert len(by_hash) == len({h for h, _ in by_hash}) == len({row for _, row in by_hash}) == 9


def test_equal_lanes_in_different_bands_do_not_meet() -> None:
    hashes = band_hashes(np.full((1, 112), 5, np.uint32), 14, 8)
    assert len(set(hashes[0].tolist())) == 14


def test_order_of_rows_matters() -> None:
    hashes = band_hashes(np.array([[1, 2], [2, 1]], np.uint32), 1, 2)
    assert hashes[0, 0] != hashes[1, 0]


def test_golden_hashes() -> None:
    assert band_hashes(np.array([[1, 2, 3, 4]], np.uint32), 2, 2).tolist() == [
        [-6578062683380986914, -2591740693499728807]
    ]


def test_wrong_width_is_refused() -> None:
    with pytest.raises(ValueError, match=r"14 bands of 8 rows need signatures of shape \(n, 112\), found \(2, 100\)"):
        band_hashes(np.zeros((2, 100), np.uint32), 14, 8)


def test_column_is_null_without_shingles() -> None:
    column = band_column(np.arange(6).reshape(3, 2), np.array([True, False, True]))
    assert column.type == pa.list_(pa.int64())
    assert column.to_pylist() == [[0, 1], None, [4, 5]]
    assert band_column(np.empty((0, 2), np.int64), np.empty(0, np.bool_)).to_pylist() == []


@pytest.mark.parametrize(("shared", "probability"), [(700, 0.57), (800, 0.92)])
def test_candidates_are_as_frequent_as_published(shared: int, probability: float) -> None:
    # FineWeb's 14 x 8: the S-curve at Jaccard 0.7 and 0.8.
    generator = random.Random(11)
    settings = DedupSettings(ngram=1)
    pairs = 400
    first, second = [], []
    for _ in range(pairs):
        drawn = [str(number) for number in generator.sample(range(10**9), 1000)]
        own = (1000 - shared) // 2
        first.append(" ".join(drawn[: shared + own]))
        second.append(" ".join(drawn[:shared] + drawn[shared + own :]))
    hashes = [band_hashes(signatures(pa.array(t), settings)[0], 14, 8) for t in (first, second)]
    found = float((hashes[0] == hashes[1]).any(axis=1).mean())
    assert abs(found - probability) < 4 * (probability * (1 - probability) / pairs) ** 0.5

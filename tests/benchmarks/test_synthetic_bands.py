import numpy as np

from benchmarks.synthetic_bands import (
    BANDS,
    COPIES_SHARE,
    LEAST_SIMILARITY,
    ROWS,
    documents,
    lanes_of_bands,
    one_hot_page,
)


def test_a_fifth_are_copies_and_share_bands_as_theory_says() -> None:
    made = documents(20_000)
    rows = np.arange(20_000)
    copies = rows[made.first != rows]
    assert abs(len(copies) / 20_000 - COPIES_SHARE) < 0.001
    shared = np.mean(made.bands[copies] == made.bands[made.first[copies]])
    # The mean of s^ROWS over similarities s.
    high, low = 1.0, LEAST_SIMILARITY
    expected = (high ** (ROWS + 1) - low ** (ROWS + 1)) / (ROWS + 1) / (high - low)
    assert abs(shared - expected) < 0.02
    own = made.bands[made.first == rows]
    assert len(np.unique(own)) == own.size


def test_lanes_are_equal_exactly_where_bands_are() -> None:
    made = documents(3000)
    lanes = lanes_of_bands(made.bands)
    assert lanes.shape == (3000, BANDS, ROWS)
    assert lanes.max() < 2**61
    for band in range(BANDS):
        distinct = len(np.unique(made.bands[:, band]))
        assert [len(np.unique(lanes[:, band, row])) for row in range(ROWS)] == [distinct] * ROWS


def test_one_page_is_hot_in_every_band() -> None:
    made = one_hot_page(500, 500)
    for band in range(BANDS):
        _, sizes = np.unique(made.bands[:, band], return_counts=True)
        assert sizes.max() > 250
        assert np.sum(sizes > 1) == 1

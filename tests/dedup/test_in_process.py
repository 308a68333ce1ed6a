from typing import TYPE_CHECKING

import networkx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup.in_process import band_matrix, near_labels, star_edges
from dedup.settings import DedupSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def labels_by_networkx(bands: list[list[int]]) -> dict[int, int]:
    """The smallest row of its component, for every row that has a bucket with another."""
    pairs = ((a, b) for a in range(len(bands)) for b in range(a))
    graph = networkx.Graph((a, b) for a, b in pairs if any(x == y for x, y in zip(bands[a], bands[b], strict=True)))
    return {row: min(component) for component in networkx.connected_components(graph) for row in component}


def labels(bands: NDArray[np.int64]) -> dict[int, int]:
    rows, found = near_labels(bands)
    return dict(zip(rows.tolist(), found.tolist(), strict=True))


# Few values, so that buckets are large and rows meet in several; and the ends of what a hash may be.
HASHES = st.one_of(st.integers(0, 5), st.sampled_from([-(2**63), 2**63 - 1, -1]))
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(HASHES, min_size=width, max_size=width), min_size=1, max_size=30)
)


@given(TABLES)
def test_components_equal_networkx(bands: list[list[int]]) -> None:
    assert labels(np.array(bands, np.int64)) == labels_by_networkx(bands)


def test_random_documents_equal_networkx() -> None:
    bands = np.random.default_rng(3).integers(0, 2**63, (400, 6))
    copies = np.random.default_rng(4).integers(0, 400, (200, 2))
    for number, (a, b) in enumerate(copies):
        bands[b, number % 6] = bands[a, number % 6]
    expected = labels_by_networkx(bands.tolist())
    assert len(expected) > 200
    assert labels(bands) == expected


def test_trap_hashes_that_differ_in_their_low_bits_alone_do_not_meet() -> None:
    # The row number stands in these bits while rows are sorted.
    bands = np.array([[16 + low] for low in (0, 1, 2, 1, 3, 4, 5, 6, 7)], np.int64)
    assert labels(bands) == {1: 1, 3: 1}


def test_a_hot_bucket_gives_a_star_and_no_edge_twice() -> None:
    bands = np.tile(np.array([7, 8, 9], np.int64), (1000, 1))
    edges = star_edges(bands)
    assert edges.tolist() == [[0, row] for row in range(1, 1000)]


@pytest.mark.parametrize("shape", [(0, 0), (0, 14), (1, 14), (5, 0)])
def test_no_candidates(shape: tuple[int, int]) -> None:
    bands = np.arange(shape[0] * shape[1], dtype=np.int64).reshape(shape)
    assert star_edges(bands).shape == (0, 2)
    assert labels(bands) == {}


def test_documents_without_a_shingle_are_near_to_none() -> None:
    column = pa.array([[1, 2], None, [3, 4], None, [5, 6]], pa.list_(pa.int64()))
    for piece, rows, bands in [
        (column, [0, 2, 4], [[1, 2], [3, 4], [5, 6]]),
        (column.slice(1, 3), [1], [[3, 4]]),
        (column.slice(1, 1), [], []),
    ]:
        found_rows, found = band_matrix(piece)
        assert (found_rows.tolist(), found.tolist()) == (rows, bands)


def test_bands_of_different_settings_are_refused() -> None:
    column = pa.array([[1, 2], [3]], pa.list_(pa.int64()))
    with pytest.raises(ValueError, match="1 to 2 bands"):
        band_matrix(column)


@pytest.mark.slow
def test_survivors_are_sparks(spark: "SparkSession") -> None:
    from dedup.apply import DOCUMENTS_SQL, find_duplicates

    bands = np.random.default_rng(5).integers(0, 400, (200, 3)) + np.array([0, 1000, 2000])
    rows, found = near_labels(bands)
    documents = [
        (row, [float(row)], f"{row}", None, None, None, bands[row].tolist(), None, False) for row in range(len(bands))
    ]
    removed = find_duplicates(
        spark.createDataFrame(documents, DOCUMENTS_SQL), DedupSettings(exact=False, max_documents_in_one_task=0)
    )
    expected = {(row, label) for row, label in zip(rows.tolist(), found.tolist(), strict=True) if row != label}
    assert len(expected) > 20
    assert {(row["position"], row["survivor"]) for row in removed.collect()} == expected

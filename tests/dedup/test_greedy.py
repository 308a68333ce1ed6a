from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.greedy import MOST_COMPARED, surviving

N_BANDS, N_LANES = 4, 8


def similar(a: list[int], b: list[int]) -> float:
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def expected(bands: list[list[int]], known: list[bool], threshold: float, lanes: list[list[int]]) -> list[int]:
    """The definition: by all survivors before, as far as they are among a bucket's first MOST_COMPARED."""
    survivors: list[int] = []
    found = []
    for row, own in enumerate(bands):
        candidates = {
            other
            for bucket in own
            for other in [s for s in survivors if bucket in bands[s]][:MOST_COMPARED]
            if similar(lanes[row], lanes[other]) >= threshold
        }
        survivor = min(candidates, default=row) if not known[row] else row
        found.append(survivor)
        if survivor == row:
            survivors.append(row)
    return found


def random_documents(seed: int, n: int) -> tuple[Any, Any]:
    """Bands and lanes, few enough values of each that all kinds of likeness occur."""
    generator = np.random.default_rng(seed)
    bands = generator.integers(0, 7, (n, N_BANDS)) + np.arange(N_BANDS) * 100
    return bands, generator.integers(0, 2, (n, N_LANES)).astype(np.uint32)


@given(st.integers(0, 2**32), st.lists(st.booleans(), min_size=1, max_size=50), st.sampled_from([0.1, 0.5, 0.75, 1.0]))
def test_survivors_are_those_of_the_definition(seed: int, known: list[bool], threshold: float) -> None:
    bands, lanes = random_documents(seed, len(known))
    found = surviving(bands, np.array(known), threshold, lanes)
    assert found.tolist() == expected(bands.tolist(), known, threshold, lanes.tolist())


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=1, max_size=50))
def test_trap_all_members_of_a_cluster_are_removed(bands: list[list[int]]) -> None:
    table = np.array(bands) + np.arange(3) * 100
    found = surviving(table, np.zeros(len(bands), np.bool_), 0.8)
    assert found[0] == 0
    assert np.array_equal(found[found], found)
    for row, survivor in enumerate(found):
        assert row == survivor or set(table[row]) & set(table[survivor])


def test_trap_transitive_closure_wipes_out_a_source() -> None:
    """Transitive closure that wipes out a whole source: each is like the next, none like the one after that."""
    n = 1000
    bands = np.column_stack([np.arange(n), np.arange(n) + 1 + 10_000])
    bands[1:, 0] = bands[:-1, 1]  # shares its first band with the one before
    sets = [set(range(i, i + 9)) for i in range(n)]  # 0.8 with the next, 0.64 with the one after that
    values = np.array([value for one in sets for value in sorted(one)], np.uint64)
    offsets = np.arange(n + 1) * 9
    found = surviving(bands, np.zeros(n, np.bool_), 0.8, shingles=(values, offsets))
    survivors = np.flatnonzero(found == np.arange(n))
    assert len(survivors) == n // 2
    assert np.array_equal(found[1::2], np.arange(0, n, 2))


def test_a_document_without_anything_in_common_stays() -> None:
    bands = np.array([[1, 2], [1, 2]])
    nothing = (np.empty(0, np.uint64), np.zeros(3, np.int64))
    assert surviving(bands, np.zeros(2, np.bool_), 0.5, shingles=nothing).tolist() == [0, 1]


def test_a_bucket_of_unlike_documents_costs_no_square() -> None:
    n = 20_000
    found = surviving(np.zeros((n, 1), np.int64), np.zeros(n, np.bool_), 0.5, np.arange(n, dtype=np.uint32)[:, None])
    assert np.array_equal(found, np.arange(n))


@given(st.integers(0, 2**32), st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_ten_increments_keep_the_clusters_of_one_run(seed: int, days: list[int]) -> None:
    n = len(days)
    bands, lanes = random_documents(seed, n)
    day = np.sort(days)  # the earliest wins
    whole = surviving(bands, np.zeros(n, np.bool_), 0.75, lanes)

    found = np.arange(n)
    for today in range(10):
        known = np.flatnonzero((day < today) & (found == np.arange(n)))
        known = known[np.isin(bands[known], bands[day == today]).any(axis=1)]  # as the index finds them
        rows = np.concatenate([known, np.flatnonzero(day == today)])
        is_known = np.arange(len(rows)) < len(known)
        found[rows] = rows[surviving(bands[rows], is_known, 0.75, lanes[rows])]
    assert np.array_equal(found, whole)

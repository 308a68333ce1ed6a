"""Groups and buckets that are spread over batches and tasks, without Spark: rows are cut anywhere."""

import itertools
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dedup.groups import Best, read_groups, settled
from dedup.stars import joined_pieces, read_buckets

KEYS = st.lists(st.integers(0, 6), min_size=1, max_size=40)
CUTS = st.lists(st.integers(0, 40), max_size=6)


def cut(table: pa.Table, cuts: list[int]) -> Iterator[pa.RecordBatch]:
    places = [0, *sorted(min(place, table.num_rows) for place in cuts), table.num_rows]
    for start, stop in itertools.pairwise(places):
        columns = [column.combine_chunks() for column in table.slice(start, stop - start).columns]
        yield pa.RecordBatch.from_arrays(columns, schema=table.schema)


@given(KEYS, CUTS, CUTS)
def test_the_best_of_a_group_does_not_depend_on_tasks_and_batches(
    keys: list[int], tasks: list[int], batches: list[int]
) -> None:
    documents = [(key.to_bytes(2, "big"), [float(i * 7 % 3)], f"{i % 5}", i) for i, key in enumerate(keys)]
    rows = [Best(*document) for document in sorted(documents)]
    table = pa.Table.from_pylist([row._asdict() for row in rows])
    best: dict[bytes, Best] = {}
    for row in rows:
        best.setdefault(row.key, row)
    expected = {
        (row.position, best[row.key].position, best[row.key].doc_id) for row in rows if row is not best[row.key]
    }

    found: set[tuple[int, int, str]] = set()
    pieces: list[Best] = []
    for task in cut(table, tasks):
        for batch in read_groups(cut(pa.Table.from_batches([task]), batches)):
            for row in batch.to_pylist():
                if row["is_piece"]:
                    pieces.append(Best(row["key"], row["preference"], row["survivor_id"], row["survivor"]))
                else:
                    found.add((row["position"], row["survivor"], row["survivor_id"]))
    moved = {position: (to, to_id) for position, to, to_id in settled(pieces)}
    found = {(p, *moved.get(s, (s, i))) for p, s, i in found} | {(p, *to) for p, to in moved.items()}
    assert found == expected


@given(KEYS, CUTS, CUTS)
def test_stars_tie_each_bucket_together_and_nothing_else(keys: list[int], tasks: list[int], batches: list[int]) -> None:
    order = np.lexsort((np.arange(len(keys)), np.array(keys)))
    table = pa.table({"bucket": np.array(keys, np.int64)[order], "position": order.astype(np.int64)})
    edges: list[tuple[int, int]] = []
    pieces: list[tuple[int, int]] = []
    for task in cut(table, tasks):
        for batch in read_buckets(cut(pa.Table.from_batches([task]), batches)):
            for row in batch.to_pylist():
                (pieces if row["is_piece"] else edges).append((row["a"], row["b"]))
    edges += [tuple(edge) for edge in joined_pieces(np.array(pieces, np.int64).reshape(-1, 2)).tolist()]
    first = {key: keys.index(key) for key in keys}
    centre = dict(enumerate(range(len(keys))))
    for a, b in edges:
        assert keys[a] == keys[b]
        assert a < b
        centre[b] = min(centre[b], a)
    for position, key in enumerate(keys):
        at = position
        while centre[at] != at:
            at = centre[at]
        assert at == first[key]
    assert len(set(edges)) == len(keys) - len(set(keys)), "a star, not all pairs"

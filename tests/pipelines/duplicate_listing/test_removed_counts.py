"""Counts of removed documents are those of a loop over the lists."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa

from mixer import storage
from pipelines.duplicate_listing.removed_counts import removed_counts
from pipelines.steps.deduplicate import REMOVED_SCHEMA

Row = tuple[str, str, str]  # source, survivor, reason
REASONS = ("near_duplicate", "exact_duplicate", "a_new_reason")


def lists(folder: Path, rows: list[Row], parts: int) -> dict[str, list[str]]:
    """The rows as lists of removed documents, and each source's uris."""
    sizes = Counter(survivor for _, survivor, _ in rows)
    uris: dict[str, list[str]] = {}
    for source in ("a", "b", "without"):
        uris[source] = []
        for part in range(parts):
            own = [
                {"row": number, "survivor_id": survivor, "reason": reason, "cluster_size": sizes[survivor] + 1}
                for number, (of, survivor, reason) in enumerate(rows)
                if of == source and number % parts == part
            ]
            if own:
                uris[source].append(f"{folder}/{source}-{part}.parquet")
                table = pa.Table.from_pylist(own, schema=REMOVED_SCHEMA)
                storage.write_parquet(uris[source][-1], REMOVED_SCHEMA, [table.slice(0, 5), table.slice(5)])
    return uris


def seeded_rows() -> list[Row]:
    rng = np.random.default_rng(3)
    return [(str(rng.choice(["a", "b"])), f"s{int(rng.exponential(4))}", str(rng.choice(REASONS))) for _ in range(300)]


def test_counts_are_those_of_a_loop(tmp_path: Path) -> None:
    rows = seeded_rows()
    sizes = Counter(survivor for _, survivor, _ in rows)
    with removed_counts(lists(tmp_path, rows, parts=4)) as counts:
        assert counts.totals() == (len(sizes), len(rows))
        near = [row for row in rows if row[2] == "near_duplicate" and row[0] == "a"]
        assert counts.totals(["a"], ["near_duplicate"]) == (len({row[1] for row in near}), len(near))
        assert counts.sizes() == Counter(size + 1 for size in sizes.values())
        by_source = counts.by_source()
        largest = counts.largest(3)
        of_near = counts.largest(1000, reasons=["near_duplicate"], sources=["a"])
        named = counts.largest(1000, survivor_ids={"s0", "s1", "nobody"})
        assert counts.largest(5, survivor_ids=[]) == []
    assert set(by_source) == {"a", "b"}
    for source, own in by_source.items():
        assert own.reasons == Counter(reason for of, _, reason in rows if of == source)
        assert own.clusters == len({survivor for of, survivor, _ in rows if of == source})
        assert own.largest == max(sizes[survivor] for of, survivor, _ in rows if of == source) + 1
    assert [cluster.survivor_id for cluster in largest] == [
        survivor for survivor, _ in sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:3]
    ]
    for cluster in largest:
        assert cluster.size == sizes[cluster.survivor_id] + 1
        assert {(each.source, each.reason): each.documents for each in cluster.removed} == Counter(
            (source, reason) for source, survivor, reason in rows if survivor == cluster.survivor_id
        )
    ranked = Counter(row[1] for row in near)
    assert [ranked[cluster.survivor_id] for cluster in of_near] == sorted(ranked.values(), reverse=True)
    assert {cluster.survivor_id for cluster in named} == {"s0", "s1"}


def test_the_cut_into_parts_does_not_matter(tmp_path: Path) -> None:
    found = []
    for parts in (1, 3, 7):
        (tmp_path / str(parts)).mkdir()
        with removed_counts(lists(tmp_path / str(parts), seeded_rows(), parts)) as counts:
            found.append((counts.totals(), counts.largest(10), counts.by_source()))
    assert found[0] == found[1] == found[2]


def test_without_lists_there_is_nothing() -> None:
    with removed_counts({"a": []}) as counts:
        assert (counts.totals(), counts.sizes(), counts.largest(3), counts.by_source()) == ((0, 0), {}, [], {})

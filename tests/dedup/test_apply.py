import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import networkx
import pytest

from dedup.settings import DedupSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SCHEMA = "position long, priority_rank int, doc_id string, content_hash binary, bands array<bigint>"


class Doc(NamedTuple):
    position: int
    priority_rank: int
    doc_id: str
    content_hash: bytes | None
    bands: list[int] | None


class Removal(NamedTuple):
    position: int
    survivor: int
    survivor_id: str
    reason: str
    cluster_size: int


def _best(docs: list[Doc]) -> Doc:
    return min(docs, key=lambda doc: (doc.priority_rank, doc.doc_id, doc.position))


def expected_removals(docs: list[Doc], exact: bool = True, near: bool = True) -> set[Removal]:
    """The definition, by all pairs."""
    chosen: dict[int, tuple[Doc, str]] = {}  # removed position -> the survivor and the reason
    left = docs
    if exact:
        for doc in docs:
            best = _best([d for d in docs if d is doc or (d.content_hash and d.content_hash == doc.content_hash)])
            if best is not doc:
                chosen[doc.position] = best, "exact_duplicate"
        left = [doc for doc in docs if doc.position not in chosen]
    if near:
        graph = networkx.Graph()
        graph.add_nodes_from(doc.position for doc in left)
        graph.add_edges_from(
            (a.position, b.position) for a in left for b in left if set(a.bands or ()) & set(b.bands or ())
        )
        for component in networkx.connected_components(graph):
            best = _best([doc for doc in left if doc.position in component])
            for position in component - {best.position}:
                chosen[position] = best, "near_duplicate"
    final = {p: (chosen.get(s.position, (s, ""))[0], reason) for p, (s, reason) in chosen.items()}
    survivors = [survivor.position for survivor, _ in final.values()]
    return {
        Removal(p, s.position, s.doc_id, reason, survivors.count(s.position) + 1) for p, (s, reason) in final.items()
    }


def random_documents(seed: int, count: int = 250) -> list[Doc]:
    """Documents with few enough contents and buckets that chains, copies and short documents all occur."""
    generator = random.Random(seed)
    positions = generator.sample(range(10**9), count)
    contents: dict[int, tuple[str, list[int] | None]] = {}
    docs = []
    for position in positions:
        content = generator.randrange(count * 3 // 4)
        if content not in contents:
            bands = [(band << 40) + generator.randrange(count * 3) for band in range(4)]
            if content % 10 == 0:
                bands[0] = 77  # a hot bucket
            contents[content] = f"{content:032x}", None if content % 7 == 0 else bands
        doc_id, bands_or_none = contents[content]
        if generator.random() < 0.8:  # else another source's copy under the same id
            doc_id = f"{generator.randrange(2**128):032x}"
        content_hash = None if content % 31 == 0 else content.to_bytes(16, "big")
        docs.append(Doc(position, generator.randrange(3), doc_id, content_hash, bands_or_none))
    return docs


def table(spark: "SparkSession", docs: list[Doc], partitions: int = 3) -> "DataFrame":
    return spark.createDataFrame(docs, SCHEMA).repartition(partitions)


def removals(documents: "DataFrame", settings: DedupSettings) -> set[Removal]:
    from dedup.apply import find_duplicates

    found = find_duplicates(documents, settings)
    assert found.columns == list(Removal._fields)
    rows = [Removal(*row) for row in found.collect()]
    assert len({row.position for row in rows}) == len(rows), "a document is removed twice"
    return set(rows)


@contextmanager
def shuffle_partitions(spark: "SparkSession", count: int) -> Iterator[None]:
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", str(count))
    try:
        yield
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", str(before))


@pytest.mark.slow
def test_random_documents_equal_the_definition(spark: "SparkSession") -> None:
    docs = random_documents(1)
    expected = expected_removals(docs)
    assert {row.reason for row in expected} == {"exact_duplicate", "near_duplicate"}
    found = removals(table(spark, docs), DedupSettings())
    assert found == expected
    removed = {row.position for row in found}
    assert not removed & {row.survivor for row in found}, "a cluster lost all its members"


@pytest.mark.slow
def test_rows_partitions_and_method_do_not_matter(spark: "SparkSession") -> None:
    docs = random_documents(1)
    expected = expected_removals(docs)
    random.Random(3).shuffle(docs)
    with shuffle_partitions(spark, 7):
        contracted = DedupSettings(max_edges_in_one_task=0)
        assert removals(table(spark, docs, partitions=5), contracted) == expected


@pytest.mark.parametrize(("exact", "near"), [(True, False), (False, True), (False, False)])
def test_each_kind_can_be_left_out(spark: "SparkSession", exact: bool, near: bool) -> None:
    docs = random_documents(4, count=120)
    expected = expected_removals(docs, exact, near)
    assert bool(expected) == (exact or near)
    assert removals(table(spark, docs), DedupSettings(exact=exact, near=near)) == expected


def test_known_cases(spark: "SparkSession") -> None:
    same, other = b"s" * 16, b"o" * 16
    docs = [
        Doc(1, 1, "b", same, [10, 11]),  # copy of 2, which is near to 3: both go to 3
        Doc(2, 1, "a", same, [10, 11]),
        Doc(3, 0, "z", other, [10, 99]),  # the better source wins over the smaller id
        Doc(4, 0, "c", b"4" * 16, None),  # short documents are near to nothing, not even to each other
        Doc(5, 0, "d", b"5" * 16, None),
        Doc(7, 0, "e", b"7" * 16, [20]),  # one id twice: the position decides
        Doc(6, 0, "e", b"7" * 16, [20]),
        Doc(8, 0, "f", None, None),  # unknown content equals nothing
        Doc(9, 0, "g", None, None),
        Doc(10, 0, "h", b"h" * 16, [30, 30]),  # meets only itself
    ]
    assert removals(table(spark, docs), DedupSettings()) == {
        Removal(1, 3, "z", "exact_duplicate", 3),
        Removal(2, 3, "z", "near_duplicate", 3),
        Removal(7, 6, "e", "exact_duplicate", 2),
    }


def test_hot_bucket_gives_a_star(spark: "SparkSession") -> None:
    from dedup.apply import near_edges

    docs = [Doc(position, 0, f"{position}", None, [1, 2, 3]) for position in range(400)]
    edges = near_edges(table(spark, docs)).collect()
    assert sorted((row["a"], row["b"]) for row in edges) == [(0, position) for position in range(1, 400)]


def test_intermediate_tables_go_into_the_checkpoint_directory(spark: "SparkSession", tmp_path: Path) -> None:
    from dedup.lineage import materialised

    context = spark.sparkContext
    context.setCheckpointDir(str(tmp_path))
    try:
        assert materialised(spark.range(9)).count() == 9
    finally:
        context._jsc.sc().setCheckpointDir(None)  # Python's own method refuses to unset it
    assert context.getCheckpointDir() is None
    assert [path for path in tmp_path.rglob("part-*") if path.stat().st_size > 0]

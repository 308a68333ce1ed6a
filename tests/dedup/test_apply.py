import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import networkx
import numpy as np
import pytest

from dedup.components import solve_components
from dedup.settings import DedupSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


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
    from dedup.apply import DOCUMENTS_SQL

    rows = [
        (d.position, [float(d.priority_rank)], d.doc_id, d.content_hash, None, None, d.bands, None, False) for d in docs
    ]
    return spark.createDataFrame(rows, DOCUMENTS_SQL).repartition(partitions)


def on_tables_alone(settings: DedupSettings) -> DedupSettings:
    return settings.model_copy(update={"max_documents_in_one_task": 0})


def removals(documents: "DataFrame", settings: DedupSettings) -> set[Removal]:
    from dedup.apply import find_duplicates

    # Both ways: on the tables of a cluster, and in one task.
    found = [find_duplicates(documents, way) for way in (on_tables_alone(settings), settings)]
    assert all(table.columns == list(Removal._fields) for table in found)
    on_tables, in_one_task = ([Removal(*row) for row in table.collect()] for table in found)
    assert len({row.position for row in on_tables}) == len(on_tables), "a document is removed twice"
    assert sorted(in_one_task) == sorted(on_tables)
    return set(on_tables)


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
def test_trap_survivors_depend_on_partition_order(spark: "SparkSession") -> None:
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
        Doc(7, 0, "e", b"7" * 16, [20, 21]),  # one id twice: the position decides
        Doc(6, 0, "e", b"7" * 16, [20, 21]),
        Doc(8, 0, "f", None, None),  # unknown content equals nothing
        Doc(9, 0, "g", None, None),
        Doc(10, 0, "h", b"h" * 16, [30, 30]),  # meets only itself
    ]
    assert removals(table(spark, docs), DedupSettings()) == {
        Removal(1, 3, "z", "exact_duplicate", 3),
        Removal(2, 3, "z", "near_duplicate", 3),
        Removal(7, 6, "e", "exact_duplicate", 2),
    }


def test_trap_skewed_buckets_make_stragglers(spark: "SparkSession") -> None:
    """Skewed buckets that make stragglers run for hours: here all rows are of three buckets."""
    from pyspark.sql import functions as F

    from dedup.stars import pieces_of_stars, star_edges

    n = 30_000
    documents = spark.range(n, numPartitions=4).select(
        F.col("id").alias("position"), F.expr("array(1L, 2L, 3L)").alias("bands")
    )
    with shuffle_partitions(spark, 8), coalescing(spark, False):
        tasks = pieces_of_stars(documents).groupBy(F.spark_partition_id()).count().collect()
        edges = star_edges(documents).collect()
    work = sorted(row["count"] for row in tasks)
    assert len(work) == 8
    assert work[-1] < 2 * work[len(work) // 2]
    assert len(edges) < 3 * n, "stars, not all pairs"
    nodes, labels = solve_components(np.array(edges))
    assert len(nodes) == n
    assert not labels.any()


@contextmanager
def coalescing(spark: "SparkSession", allowed: bool) -> Iterator[None]:
    """Whether small partitions of a shuffle are put together, as is best for small tables."""
    key = "spark.sql.adaptive.coalescePartitions.enabled"
    spark.conf.set(key, str(allowed).lower())
    try:
        yield
    finally:
        spark.conf.unset(key)


def verified_table(spark: "SparkSession", docs: list[tuple[int, int, list[int], list[int]]]) -> "DataFrame":
    """Documents as position, rank, bands and lanes; shingles are their lanes, and lanes are signatures."""
    from dedup.apply import DOCUMENTS_SQL

    rows = [
        (p, [float(rank)], f"{p:08}", None, None, None, bands, np.array(lanes, "<u4").tobytes(), False)
        for p, rank, bands, lanes in docs
    ]
    return spark.createDataFrame(rows, DOCUMENTS_SQL).repartition(3)


def likely_chains(seed: int) -> list[tuple[int, int, list[int], list[int]]]:
    """Documents in families of drifting lanes, so that neighbours share bands and ends of a family have nothing."""
    generator = random.Random(seed)
    docs = []
    for family in range(12):
        lanes = [generator.randrange(10**6) for _ in range(12)]
        for _ in range(12):
            lanes = list(lanes)
            for _ in range(generator.randrange(4)):
                lanes[generator.randrange(12)] = generator.randrange(10**6)
            bands = [hash((family, band, *lanes[band * 3 : band * 3 + 3])) for band in range(4)]
            docs.append((generator.randrange(10**9), generator.randrange(2), bands, lanes))
    return docs


@pytest.mark.parametrize("verify", ["none", "signature", "exact"])
def test_each_removed_document_is_like_its_own_survivor(spark: "SparkSession", verify: str) -> None:
    from dedup.apply import find_duplicates

    docs = likely_chains(seed=5)
    by_position = {doc[0]: doc for doc in docs}
    settings = DedupSettings(verify=verify, threshold=0.6, incremental=True, rows=3, bands=4)
    sets = spark.createDataFrame([(doc[0], sorted(doc[3])) for doc in docs], "position long, shingles array<bigint>")
    documents = verified_table(spark, docs)
    found = {
        row["position"]: row["survivor"]
        for row in find_duplicates(documents, on_tables_alone(settings), lambda _: sets).collect()
    }
    assert len(found) > 20
    in_one_task = find_duplicates(documents, settings, lambda _: sets).collect()
    assert {row["position"]: row["survivor"] for row in in_one_task} == found
    survivors: list[int] = []
    for position in sorted(by_position, key=lambda p: (by_position[p][1], f"{p:08}", p)):
        _, _, bands, lanes = by_position[position]
        alike = [
            s for s in survivors if set(bands) & set(by_position[s][2]) and _is_alike(verify, lanes, by_position[s][3])
        ]
        assert found.get(position) == (alike[0] if alike else None)
        if not alike:
            survivors.append(position)


def _is_alike(verify: str, a: list[int], b: list[int]) -> bool:
    if verify == "signature":
        return sum(x == y for x, y in zip(a, b, strict=True)) / len(a) >= 0.6
    return verify == "none" or len(set(a) & set(b)) / len(set(a) | set(b)) >= 0.6


def test_known_documents_stay_and_remove_others(spark: "SparkSession") -> None:
    from dedup.apply import DOCUMENTS_SQL, find_duplicates

    rows = [
        (1, [9.0], "b", b"x" * 16, None, None, [1, 2], None, True),  # known, so better than what is preferred
        (2, [0.0], "a", b"x" * 16, None, None, [1, 2], None, False),
        (3, [0.0], "c", b"y" * 16, None, None, [2, 3], None, False),
        (4, [8.0], "d", b"z" * 16, None, None, [1, 3], None, True),  # known too: near to the other, and both stay
        (5, [0.0], "e", b"w" * 16, None, None, [7, 8], None, False),
    ]
    documents = spark.createDataFrame(rows, DOCUMENTS_SQL)
    settings = DedupSettings(incremental=True)
    for way in (settings, on_tables_alone(settings)):
        found = find_duplicates(documents, way).collect()
        assert {(row["position"], row["survivor"], row["reason"]) for row in found} == {
            (2, 1, "exact_duplicate"),
            (3, 4, "near_duplicate"),
        }


def test_urls_and_forks(spark: "SparkSession") -> None:
    from dedup.apply import DOCUMENTS_SQL, find_duplicates

    def file(position: int, repository: str, content: bytes, rank: float) -> tuple[object, ...]:
        return position, [rank], f"{position}", content * 16, None, repository, None, None, False

    rows = [
        *(file(i, "original", bytes([65 + i]), 0.0) for i in range(10)),
        *(file(100 + i, "fork", bytes([65 + i]), 1.0) for i in range(9)),
        file(109, "fork", b"!", 1.0),  # the fork's own
        *(file(200 + i, "fork of the fork", bytes([65 + i]), 2.0) for i in range(9)),
        file(209, "fork of the fork", b"!", 2.0),
        *(file(300 + i, "another", bytes([97 + i]), 1.0) for i in range(9)),
        file(309, "another", b"A", 1.0),  # vendored
        *((400 + i, [0.0], f"{400 + i}", bytes([48 + i]) * 16, b"u" * 16, None, None, None, False) for i in range(3)),
    ]
    documents = spark.createDataFrame(rows, DOCUMENTS_SQL)
    settings = DedupSettings(urls=True, repositories=0.9)
    found = {
        row["position"]: (row["survivor"], row["reason"]) for row in find_duplicates(documents, settings).collect()
    }
    forks = dict.fromkeys([*range(100, 110), *range(200, 210)], (0, "repository_duplicate"))
    assert found == forks | {309: (0, "exact_duplicate")} | dict.fromkeys((401, 402), (400, "url_duplicate"))


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

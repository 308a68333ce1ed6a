"""Duplicates: how many clusters dedup found, how large they are, and what the largest ones repeat."""

import tempfile
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.reporting.charts import Bar, ranked
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.reporting.mixture import document_sources

LARGEST = 10
EXCERPT_CHARS = 240
REFERENCE_CHARS = 300
SIZE_BOUNDS = (2, 5, 10, 100)  # a size class ends with each; the last class is open
SIZE_LABELS = ("2", "3–5", "6–10", "11–100", "more than 100")

_REMOVED_SQL = "CREATE TEMP TABLE removed (source VARCHAR, survivor_id VARCHAR, reason VARCHAR, cluster_size BIGINT)"
_MEMBERS_SQL = """
CREATE TEMP TABLE members AS
SELECT survivor_id, source, reason, count(*) AS documents, max(cluster_size) AS cluster_size
FROM removed GROUP BY survivor_id, source, reason
"""
_CLASSES_SQL = f"""
SELECT {" + ".join(f"(size > {bound})::INT" for bound in SIZE_BOUNDS)} AS class, count(*)
FROM (SELECT max(cluster_size) AS size FROM members GROUP BY survivor_id) GROUP BY class
"""  # noqa: S608 the bounds are constants
_LARGEST_SQL = """
WITH largest AS (
    SELECT survivor_id, max(cluster_size) AS size FROM members GROUP BY survivor_id
    ORDER BY size DESC, survivor_id LIMIT ?
)
SELECT survivor_id, size, source, reason, documents FROM largest JOIN members USING (survivor_id)
ORDER BY size DESC, survivor_id, documents DESC, source, reason
"""


@dataclass(frozen=True)
class Cluster:
    """One survivor and what it stands for."""

    survivor_id: str
    size: int  # the survivor itself included
    removed: list[tuple[str, str, int]]  # (source, reason, documents)
    source: str = ""  # of the survivor; empty: not found
    reference: str = ""
    excerpt: str = ""


@dataclass(frozen=True)
class Duplicates:
    """What dedup removed from all sources together."""

    clusters: int
    removed: int
    sizes: list[Bar]
    largest: list[Cluster]


def duplicates(files: MixtureFiles) -> Duplicates:
    """Clusters over all sources; Gone when the lists of removed documents cannot be read."""
    for source in document_sources(files.manifest):
        files.stage("dedup", source)  # all or nothing: clusters reach across sources
    with reading("Duplicates"), tempfile.TemporaryDirectory() as spill:
        connection = duckdb.connect(config={"temp_directory": spill})
        try:
            connection.execute(_REMOVED_SQL)
            _insert_removed(connection, files)
            connection.execute(_MEMBERS_SQL)
            classes = dict(connection.execute(_CLASSES_SQL).fetchall())
            members = connection.execute(_LARGEST_SQL, [LARGEST]).fetchall()
            (removed,) = connection.execute("SELECT coalesce(sum(documents), 0) FROM members").fetchall()[0]
        finally:
            connection.close()
    counts = [(label, classes.get(number, 0)) for number, label in enumerate(SIZE_LABELS)]
    clusters = sum(classes.values())
    return Duplicates(clusters, int(removed), ranked(counts, clusters), _described(files, _clusters(members)))


def _insert_removed(connection: duckdb.DuckDBPyConnection, files: MixtureFiles) -> None:
    """Put every removed document of every source into table `removed`."""
    for source in document_sources(files.manifest):
        for uri in files.parts("dedup", source, "removed-"):
            with storage.open_parquet(uri) as file:
                connection.register("part", file.read(["survivor_id", "reason", "cluster_size"], use_threads=False))
            connection.execute("INSERT INTO removed SELECT ?, survivor_id, reason, cluster_size FROM part", [source])
            connection.unregister("part")


def _clusters(members: list[Any]) -> list[Cluster]:
    """Clusters from rows (survivor, size, source, reason, documents), which come cluster by cluster."""
    clusters: dict[str, Cluster] = {}
    for survivor_id, size, source, reason, documents in members:
        cluster = clusters.setdefault(survivor_id, Cluster(survivor_id, size, []))
        cluster.removed.append((source, reason, documents))
    return list(clusters.values())


def _described(files: MixtureFiles, clusters: list[Cluster]) -> list[Cluster]:
    """The clusters with their survivors' source, reference and first words, where those are still in the lake."""
    wanted = pa.array([cluster.survivor_id for cluster in clusters], pa.string())
    found: dict[str, tuple[str, str, str]] = {}
    for source in document_sources(files.manifest):
        try:
            with reading(source):
                found |= _survivors(files, source, wanted)
        except LookupError:
            continue  # the source's documents are gone: its survivors stay undescribed
    return [Cluster(c.survivor_id, c.size, c.removed, *found.get(c.survivor_id, ("", "", ""))) for c in clusters]


def _survivors(files: MixtureFiles, source: str, wanted: pa.StringArray) -> dict[str, tuple[str, str, str]]:
    """id -> (source, reference, excerpt) of the wanted documents of one source; reads ids first, text only of those."""
    found: dict[str, tuple[str, str, str]] = {}
    for uri in files.parts("ingest", source, "part-"):
        with storage.open_parquet(uri) as file:
            for group in range(file.num_row_groups):
                ids = file.read_row_group(group, ["doc_id"], use_threads=False).column("doc_id")
                at = pc.indices_nonzero(pc.is_in(ids, value_set=wanted))
                if len(at):
                    names = ["doc_id", "url", "repository", "commit", "path", "text"]
                    rows = file.read_row_group(group, names, use_threads=False).take(at).to_pylist()
                    found |= {row["doc_id"]: (source, _reference(row), _excerpt(row["text"])) for row in rows}
    return found


def _reference(row: dict[str, Any]) -> str:
    """Where the document comes from: its address, or repository, commit and path."""
    commit = (row["commit"] or "")[:12]
    parts = [row["url"]] if row["url"] else [row["repository"], commit, row["path"]]
    return " ".join(part for part in parts if part)[:REFERENCE_CHARS]


def _excerpt(text: str) -> str:
    """The text's first words on one line."""
    return " ".join(text[: 2 * EXCERPT_CHARS].split())[:EXCERPT_CHARS]

"""How many documents each survivor stands for, counted in DuckDB over the lists of removed documents.

A row is held for a survivor, a source and a reason, and spilled to disk when memory is short; never one a document.
"""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb

from mixer import storage

_TABLES_SQL = """
CREATE TEMP TABLE of_parts (
    source VARCHAR, survivor_id VARCHAR, reason VARCHAR, documents BIGINT, cluster_size BIGINT
)
"""
_PART_SQL = """
INSERT INTO of_parts
SELECT ?, survivor_id, reason, count(*), max(cluster_size) FROM part GROUP BY survivor_id, reason
"""
_MEMBERS_SQL = """
CREATE TEMP TABLE members AS
SELECT survivor_id, source, reason, sum(documents)::BIGINT AS documents, max(cluster_size) AS cluster_size
FROM of_parts GROUP BY survivor_id, source, reason
"""
_SIZES_SQL = """
SELECT size, count(*) FROM (SELECT max(cluster_size) AS size FROM members GROUP BY survivor_id) GROUP BY size
"""
_TOTALS_SQL = """
SELECT count(DISTINCT survivor_id), coalesce(sum(documents), 0)::BIGINT
FROM members WHERE (len($sources) = 0 OR source IN $sources) AND (len($reasons) = 0 OR reason IN $reasons)
"""
_SOURCES_SQL = """
SELECT source, reason, sum(documents)::BIGINT FROM members GROUP BY source, reason ORDER BY source, reason
"""
_CLUSTERS_SQL = """
SELECT source, count(DISTINCT survivor_id), max(cluster_size) FROM members GROUP BY source ORDER BY source
"""
_LARGEST_SQL = """
WITH chosen AS (
    SELECT * FROM members
    WHERE (len($sources) = 0 OR source IN $sources) AND (len($reasons) = 0 OR reason IN $reasons)
    AND ($survivor_ids IS NULL OR survivor_id IN $survivor_ids)
), largest AS (
    SELECT survivor_id, sum(documents)::BIGINT AS chosen_documents FROM chosen GROUP BY survivor_id
    ORDER BY chosen_documents DESC, survivor_id LIMIT $limit
)
SELECT survivor_id, cluster_size, source, reason, documents
FROM largest JOIN members USING (survivor_id)
ORDER BY chosen_documents DESC, survivor_id, documents DESC, source, reason
"""


@dataclass(frozen=True)
class Removed:
    """Documents of one source that were removed for one reason."""

    source: str
    reason: str
    documents: int


@dataclass
class ClusterCounts:
    """What one survivor stands for: `size` documents, itself included."""

    survivor_id: str
    size: int
    removed: list[Removed] = field(default_factory=list)  # the most documents first


@dataclass
class SourceCounts:
    """What was removed from one source, and the clusters that those documents belong to."""

    reasons: dict[str, int] = field(default_factory=dict)
    clusters: int = 0
    largest: int = 0  # documents in the largest of these clusters, of whatever source


@contextmanager
def removed_counts(lists: Mapping[str, Iterable[str]]) -> Iterator["RemovedCounts"]:
    """The counts of the files `lists` (source -> uris of its `removed-*`); DamagedFile for one that cannot be read."""
    with tempfile.TemporaryDirectory() as spill:
        connection = duckdb.connect(config={"temp_directory": spill})
        try:
            connection.execute(_TABLES_SQL)
            for source, uris in lists.items():
                for uri in uris:
                    for table in storage.row_groups(uri, ["survivor_id", "reason", "cluster_size"]):
                        connection.register("part", table)
                        connection.execute(_PART_SQL, [source])
                        connection.unregister("part")
            connection.execute(_MEMBERS_SQL)
            connection.execute("DROP TABLE of_parts")
            yield RemovedCounts(connection)
        finally:
            connection.close()


class RemovedCounts:
    """Questions about the counts; empty `sources` or `reasons` are all of them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def totals(self, sources: Sequence[str] = (), reasons: Sequence[str] = ()) -> tuple[int, int]:
        """(clusters, documents removed) as far as sources and reasons are asked for."""
        (row,) = self._fetch(_TOTALS_SQL, sources=list(sources), reasons=list(reasons))
        return int(row[0]), int(row[1])

    def sizes(self) -> dict[int, int]:
        """Clusters by size."""
        return dict(self._fetch(_SIZES_SQL))

    def by_source(self) -> dict[str, SourceCounts]:
        """The counts of every source that lost documents."""
        found: dict[str, SourceCounts] = {}
        for source, reason, documents in self._fetch(_SOURCES_SQL):
            found.setdefault(source, SourceCounts()).reasons[reason] = documents
        for source, clusters, largest in self._fetch(_CLUSTERS_SQL):
            found[source].clusters, found[source].largest = clusters, largest
        return found

    def largest(
        self,
        limit: int,
        sources: Sequence[str] = (),
        reasons: Sequence[str] = (),
        survivor_ids: Collection[str] | None = None,
    ) -> list[ClusterCounts]:
        """The clusters with the most documents removed from `sources` for `reasons`, told whole; or some of those."""
        ids = None if survivor_ids is None else sorted(survivor_ids)
        rows = self._fetch(_LARGEST_SQL, limit=limit, sources=list(sources), reasons=list(reasons), survivor_ids=ids)
        clusters: dict[str, ClusterCounts] = {}
        for survivor_id, size, source, reason, documents in rows:
            cluster = clusters.setdefault(survivor_id, ClusterCounts(survivor_id, size))
            cluster.size = max(cluster.size, size)
            cluster.removed.append(Removed(source, reason, documents))
        return list(clusters.values())

    def _fetch(self, sql: str, **values: Any) -> list[Any]:
        return self._connection.execute(sql, values or None).fetchall()

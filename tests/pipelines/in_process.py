"""Every stage in this process: the stages' own code and task functions, with Arrow tables in place of Spark's frames.

Near duplicates need Spark's joins, so duplicates here are exact ones: same hash, the first source and document stays.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa

from pipelines.context import Context
from pipelines.duplicates.keys import KeysTask
from pipelines.lake import Lake
from pipelines.metering.stage_metrics import METRICS_NAME
from pipelines.progress import Progress
from pipelines.recipe import Recipe
from pipelines.stages import run_stages
from pipelines.steps import deduplicate

BATCH_ROWS = 7  # a batch ends inside a part, a source and a block

Work = Callable[[Any], Any]
ArrowWork = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class _Tasks:
    """What `parallelize` gives: tasks, and what becomes of them."""

    def __init__(self, items: Iterable[Any]) -> None:
        self._items = items

    def map(self, work: Work) -> "_Tasks":
        return _Tasks(work(item) for item in self._items)

    def collect(self) -> list[Any]:
        return list(self._items)


class _Frame:
    """The operations on a frame that stages use, over one Arrow table; it is one partition."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def repartition(self, *_: Any) -> "_Frame":
        return self

    def sortWithinPartitions(self, *columns: str) -> "_Frame":
        return _Frame(self._table.sort_by([(column, "ascending") for column in columns]))

    def mapInArrow(self, work: ArrowWork, schema: str) -> "_Frame":
        batches = list(work(iter(self._table.to_batches(max_chunksize=BATCH_ROWS))))
        names = _names(schema)
        return _Frame(
            pa.Table.from_batches(batches).select(names)
            if batches
            else pa.table({name: pa.array([], pa.string()) for name in names})
        )

    def collect(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._table.to_pylist()
        return rows


class InProcess:
    """A session: `sparkContext.parallelize` and `createDataFrame`."""

    defaultParallelism = 2

    @property
    def sparkContext(self) -> "InProcess":
        return self

    def parallelize(self, tasks: Sequence[Any], _partitions: int) -> _Tasks:
        return _Tasks(tasks)

    def createDataFrame(self, rows: Sequence[tuple[Any, ...]], schema: str) -> _Frame:
        columns = zip(*rows, strict=True)
        return _Frame(pa.table([pa.array(column) for column in columns], names=_names(schema)))


def _names(schema: str) -> list[str]:
    return [column.split()[0] for column in schema.split(", ")]


def run(recipe: Recipe, lake: Path, until: str = "mix", read_only: bool = False) -> Context:
    """The context after the stages up to `until`; a second run finds what the first published."""
    context = Context(recipe, Lake(str(lake)), InProcess, Progress(quiet=True), read_only=read_only)
    with _exact_duplicates_only():
        run_stages(context, until)
    return context


@contextmanager
def _exact_duplicates_only() -> Iterator[None]:
    with patch.object(deduplicate, "_remove", _remove_exact):
        yield


def _remove_exact(
    _context: Context, parts: list[KeysTask], folders: dict[str, str], _earlier: list[str]
) -> tuple[list[Any], list[Any]]:
    """As the stage's own: rows of the removed files that were written, and of the band index."""
    keys = [row for part in parts for row in deduplicate.keys_of_part(part).to_pylist()]
    by_hash: dict[bytes, list[dict[str, Any]]] = {}
    for row in sorted(keys, key=lambda row: (row["preference"], row["doc_id"], row["position"])):
        by_hash.setdefault(row["content_hash"], []).append(row)
    removed = [
        {
            "part_index": row["position"] >> 32,
            "position": row["position"],
            "survivor_id": same[0]["doc_id"],
            "reason": "exact_duplicate",
            "cluster_size": len(same),
        }
        for same in by_hash.values()
        for row in same[1:]
    ]
    removed.sort(key=lambda row: row["position"])
    if not removed:
        return [], []
    write = deduplicate._removed_writer(deduplicate.removed_uris(parts, folders))
    batches = write(iter(pa.Table.from_pylist(removed).to_batches()))
    return [row for batch in batches for row in batch.to_pylist()], []


def write_jsonl(path: Path, records: Iterable[str | dict[str, Any]]) -> None:
    """A file of JSON lines; a string is written as it is, and need be no JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def snapshot(lake: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path in it, but those that tell of how it was made and of when."""
    paths = {str(path.relative_to(lake)): path for path in sorted(lake.rglob("*")) if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in paths.items()
        if path.name != METRICS_NAME and not name.startswith("runs/")
    }

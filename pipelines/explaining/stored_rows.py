"""Rows of a stage's parts: only those asked for, a row group in memory at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from mixer import storage
from pipelines.context import part_number


class StageFiles(Protocol):
    """Where the files of stages lie: those behind a mixture, or those of a recipe in a lake."""

    def parts(self, stage: str, source: str, prefix: str) -> list[str]:
        """Uris of the stage's files whose name starts with `prefix`, in order."""


class Stored(NamedTuple):
    """Where a document lies: row `row` of part `part` in each of its source's stages."""

    source: str
    part: int
    row: int
    doc_id: str


def part_uris(files: StageFiles, stage: str, source: str, prefix: str = "part-") -> dict[int, str]:
    """The stage's files of that prefix by part number, in order; Gone when the stage is not in the lake."""
    return {part_number(uri): uri for uri in files.parts(stage, source, prefix)}


def take(uri: str, rows: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
    """The columns of `rows` (ascending, each once); ValueError when the file has fewer rows."""
    found: list[dict[str, Any]] = []
    with storage.open_parquet(uri) as file:
        first = 0
        for group in range(file.num_row_groups):
            stop = first + file.metadata.row_group(group).num_rows
            inside = [row - first for row in rows if first <= row < stop]
            if inside:
                found += file.read_row_group(group, list(columns), use_threads=False).take(inside).to_pylist()
            first = stop
    if len(found) < len(rows):
        raise ValueError(f"{len(rows) - len(found)} of the rows asked for are behind the last of {first:,}")
    return found


def by_part(stored: Iterable[Stored]) -> Mapping[tuple[str, int], list[Stored]]:
    """Documents by (source, part), in the order of their rows."""
    grouped: dict[tuple[str, int], list[Stored]] = {}
    for document in sorted(set(stored)):
        grouped.setdefault((document.source, document.part), []).append(document)
    return grouped


def rows_of_stage(
    files: StageFiles, stage: str, stored: Iterable[Stored], columns: Callable[[str], Sequence[str]]
) -> dict[Stored, dict[str, Any]]:
    """Each document's row of a stage; `columns(source)` are read. Gone when the stage or a part is."""
    found: dict[Stored, dict[str, Any]] = {}
    uris: dict[str, dict[int, str]] = {}
    for (source, part), documents in by_part(stored).items():
        if source not in uris:
            uris[source] = part_uris(files, stage, source)
        values = take(uris[source][part], [document.row for document in documents], columns(source))
        found |= dict(zip(documents, values, strict=True))
    return found

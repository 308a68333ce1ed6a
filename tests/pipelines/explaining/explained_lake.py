"""A small lake with everything that can become of a record, made by the stages themselves and without Spark."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa

from mixer import storage
from mixer.blocks import TARGET_BLOCK_BYTES
from pipelines.block_sets import read_block_set
from pipelines.conditions.rewriting import block_writer
from pipelines.context import Context, TaskResult, Unit
from pipelines.document import DOCUMENT_SCHEMA, REFUSED_SCHEMA, Document, document_id, to_table
from pipelines.duplicates.keys import KeysTask
from pipelines.lake import Books, Lake
from pipelines.progress import Progress
from pipelines.recipe import parse_recipe
from pipelines.removal.tombstones import Tombstone, add_tombstone
from pipelines.steps import annotate, decide, deduplicate, mix, plan, select, tokenize_blocks

SEQUENCE_LENGTH = 64
BLOCKS = 4  # of each source
ESCAPE = "\x1b[31m"
HOSTILE_URL = f"http://one.example/{ESCAPE}[bold]\u202e"
PROSE = "The lantern on the harbour wall was lit each evening by the keeper, and nobody in town thought it odd. "
COMMIT = "c" * 40

# Rows of the documents below, by what becomes of them.
TOO_SHORT, COPY, NEAR, FORGOTTEN, UNCHOSEN = 20, 21, 22, 23, 24
COPIED_FILE = 9  # its text is also that of page 2


def pages() -> list[Document]:
    """25 pages in two parts; the last five are told apart above."""
    texts = [f"{number} {PROSE * (1 + number % 7)}" for number in range(20)]
    found = [Document(text, "page", url=f"http://one.example/{number}") for number, text in enumerate(texts)]
    found[1] = Document(f"{texts[1]} {ESCAPE} [red]", "page", url=HOSTILE_URL, license=ESCAPE)
    found.append(Document("Too short.", "page", url="http://one.example/short"))
    found.append(found[0])
    found.append(Document(f"{texts[2]} Almost.", "page", url="http://two.example/near"))
    found.append(Document(f"Forget this. {PROSE * 2}", "page", url="http://three.example/private"))
    found.append(Document(f"A stub about a lantern {PROSE}", "page", url="http://four.example/stub"))
    return found


def files() -> list[Document]:
    """11 files at one commit; the last is the first again, found under a licence that the rules allow."""
    code = "def lamp(wick: str) -> str:\n    return wick.strip() + ' burns'\n\n\n"
    texts = [f"# {number}\n{code * (1 + number)}" for number in range(9)] + [pages()[2].text]
    found = [
        Document(
            text,
            "file",
            marks=[(0, "<file_sep>")],
            repository="harbour/lamps",
            commit=COMMIT,
            path=f"lamp{number}.py",
            license="MIT",
            language_hint="Python",
        )
        for number, text in enumerate(texts)
    ]
    return [replace(found[0], license="GPL-3.0-only"), *found[1:], found[0]]


DOCUMENTS = {"pages": pages(), "files": files()}
# source -> row -> (reason, survivor)
REMOVED = {
    "pages": {COPY: ("exact_duplicate", ("pages", 0), 2), NEAR: ("near_duplicate", ("pages", 2), 3)},
    "files": {COPIED_FILE: ("exact_duplicate", ("pages", 2), 3)},
}
REFUSED = {
    "pages": [("rejected", "crawl.warc.gz@120 http://one.example/moved", "http_status", "")],
    "files": [("quarantined", f"harbour/lamps@{COMMIT}:broken.py", "missing_object", f"{ESCAPE} gone")],
}


def id_of(source: str, row: int) -> str:
    """The id of a document above."""
    return document_id(source, DOCUMENTS[source][row])


class LocalContext(Context):
    """Runs tasks here, one after the other."""

    def run_tasks(
        self, stage: str, work: Callable[[Any], Any], tasks: Sequence[Any], input_bytes: int | None = None
    ) -> list[Any]:
        return [work(task) for task in tasks]


def build(folder: Path, packing: str = "concat", seed: int = 0) -> str:
    """Fill `folder` with a lake; returns the mixture's folder."""
    lake = Lake(str(folder))
    add_tombstone(lake, Tombstone(match="url LIKE 'http://three.example/%'", note="asked by its owner"))
    context = LocalContext(_recipe(packing, seed), lake, lambda: None, Progress(quiet=True))
    for source, documents in DOCUMENTS.items():
        _ingest(context, source, documents)
    with (
        patch.object(deduplicate, "_remove", _remove),
        patch.object(tokenize_blocks, "_write_blocks", _write_blocks),
        patch.object(select, "_rewrite_blocks", _rewrite_blocks),
    ):
        for stage in (annotate, decide, deduplicate, tokenize_blocks, select, plan, mix):
            stage.run(context)
    return context.mixture_uri


def _recipe(packing: str, seed: int) -> Any:
    return parse_recipe(
        {
            "name": "small",
            "sources": [
                {"name": "pages", "kind": "web", "uri": "x", "rules": ["length"], "where": "url NOT LIKE '%stub'"},
                {"name": "files", "kind": "git_files", "uri": "x", "rules": ["length", "license"]},
            ],
            "tiers": [{"name": "best", "from": "pages", "where": "n_words > 60"}],
            "phases": [
                {"name": "main", "budget_tokens": 90 * SEQUENCE_LENGTH, "weights": {"pages": 5, "files": 3, "best": 2}},
                {"name": "cooldown", "budget_tokens": 41 * SEQUENCE_LENGTH, "weights": {"pages": 1, "best": 3}},
            ],
            "packing": packing,
            "seed": seed,
            "sequence_length": SEQUENCE_LENGTH,
            "rows_per_shard": 25,
            "max_epochs": 50,
        }
    )


def _ingest(context: Context, source: str, documents: list[Document]) -> None:
    unit = Unit("ingest", 1, source, {}, {})
    folder = context.lake.stage_uri("ingest", source, unit.fingerprint)
    cuts = [0, len(documents) // 2, len(documents)]
    written = []
    for number, (start, stop) in enumerate(pairwise(cuts)):
        tables = [to_table(source, [document]) for document in documents[start:stop]]  # a row group each
        written.append(storage.write_parquet(f"{folder}/part-{number:05d}.parquet", DOCUMENT_SCHEMA, tables))
    names = ("outcome", "reference", "reason", "detail")
    rows = [{"source": source} | dict(zip(names, row, strict=True)) for row in REFUSED[source]]
    table = pa.Table.from_pylist(rows, REFUSED_SCHEMA)
    written.append(storage.write_parquet(f"{folder}/refused-00000.parquet", REFUSED_SCHEMA, [table]))
    outcomes = [row["outcome"] for row in rows]
    books = Books(records_in=len(documents) + len(rows) + 2, kept=len(documents), absorbed=2)
    books.rejected, books.quarantined = outcomes.count("rejected"), outcomes.count("quarantined")
    context.publish(unit, [TaskResult(written, books, {"text_bytes": float(BLOCKS * TARGET_BLOCK_BYTES)})])


def _remove(
    _context: Context, parts: list[KeysTask], folders: dict[str, str], _earlier: list[str]
) -> tuple[list[Any], list[Any]]:
    """What dedup finds: the duplicates that are listed above."""
    files: list[Any] = []
    uris = deduplicate.removed_uris(parts, folders)
    for part in parts:
        first = _first_row(part)
        rows = [
            {"position": row - first, "survivor_id": id_of(*survivor), "reason": reason, "cluster_size": size}
            for row, (reason, survivor, size) in REMOVED[part.source].items()
            if first <= row < first + storage.open_parquet(part.annotated_uri).metadata.num_rows
        ]
        if rows:
            table = pa.Table.from_pylist(
                rows,
                pa.schema([("position", pa.int64()), *list(deduplicate.REMOVED_SCHEMA)[1:]]),
            )
            files += deduplicate._write_removed(part.index, uris[part.index], table).to_pylist()
    return files, []


def _first_row(part: KeysTask) -> int:
    return len(DOCUMENTS[part.source]) // 2 if part.annotated_uri.endswith("part-00001.parquet") else 0


def _write_blocks(context: Context, units: list[Unit]) -> list[Any]:
    """The shuffle by source and block, in this process."""
    folders = {unit.source: context.lake.stage_uri("tokenize", unit.source, unit.fingerprint) for unit in units}
    tasks = [task for unit in units for task in tokenize_blocks._tasks(context, unit)]
    rows = _rows(batch for task in tasks for batch in tokenize_blocks.encode_part(task))
    rows.sort(key=lambda row: (row["source"], row["block"], row["key"]))
    write = tokenize_blocks._block_writer(folders, context.recipe.tokenizer.name)
    return _rows(write(iter([pa.RecordBatch.from_pylist(rows)])))


def _rewrite_blocks(context: Context, units: list[Unit]) -> list[Any]:
    """The same for the documents that are left out."""
    tokenized = {unit.source: context.of("tokenize", unit.settings["from"]) for unit in units}
    bases = {name: read_block_set(context.lake, manifest).folders for name, manifest in tokenized.items()}
    folders = {unit.source: context.lake.stage_uri("select", unit.source, unit.fingerprint) for unit in units}
    rows = _rows(batch for task in select._tasks(context, units) for batch in select.dropped_of_part(task))
    rows.sort(key=lambda row: (row["source"], row["block"], row["doc_id"]))
    return _rows(block_writer(bases, folders)(iter([pa.RecordBatch.from_pylist(rows)])))


def _rows(batches: Iterable[pa.RecordBatch]) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]

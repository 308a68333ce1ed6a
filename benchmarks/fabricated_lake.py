"""A lake of any number of documents, as preview and planner see one: everything but text and tokens.

Real: the recipe, the manifests of every stage under the fingerprints that the stages themselves compute, their numbers
of files, the block indexes, and in every block file the column of its documents' lengths (all that `best_fit` plans
from). Inputs and the stages' other files are sparse: they have names and sizes, which is what is checked, and no
content. Six sources of JSON lines hold 35, 20, 15, 15, 10 and 5 % of the documents. Each has as many splits, parts
and blocks as that much text gets: 4 bytes a token, a split every 64 MB, a power of two of blocks of at most 16 MiB.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from benchmarks.token_blocks import DOCUMENT_TOKENS, FORMAT, document_lengths
from mixer import storage
from mixer.blocks import block_name, block_schema
from mixer.request import Packing
from pipelines.block_sets import INDEX_FILE, INDEX_SCHEMA
from pipelines.context import Context, TaskResult, Unit
from pipelines.lake import Books, Lake
from pipelines.progress import Progress
from pipelines.recipe import load_recipe
from pipelines.stages import find_blocks

TEXT_BYTES_PER_TOKEN = 4
ANNOTATED_BYTES_PER_DOCUMENT = 250
PACKINGS: tuple[Packing, ...] = ("concat", "best_fit")
SOURCES = {  # name -> (kind, group, share of the documents)
    "pages": ("jsonl", "text/web", 0.35),
    "books": ("jsonl", "text/books", 0.2),
    "papers": ("jsonl", "text/papers", 0.15),
    "files": ("jsonl_code", "code/web", 0.15),
    "commits": ("jsonl_code", "code/adjacent", 0.1),
    "issues": ("jsonl_code", "code/adjacent", 0.05),
}


@dataclass(frozen=True)
class FabricatedLake:
    """Where it is; `recipe` names the file of each packing's recipe."""

    uri: str
    recipe: dict[Packing, Path]
    documents: int
    tokens: int
    blocks: int


def fabricate_lake(folder: Path, documents: int, mean_tokens: float = DOCUMENT_TOKENS) -> FabricatedLake:
    """Make it in `folder`; a recipe of it asks for half of its tokens in two phases."""
    expected_tokens = int(documents * mean_tokens)
    folder.mkdir(parents=True)
    for name, (_, _, share) in SOURCES.items():
        _sparse(folder / f"{name}.jsonl", int(expected_tokens * share * TEXT_BYTES_PER_TOKEN))
    recipes = {packing: folder / f"{packing}.yaml" for packing in PACKINGS}
    for packing, path in recipes.items():
        path.write_text(yaml.safe_dump(_recipe(packing, expected_tokens // 2)))
    context = _FabricatingContext(
        load_recipe(recipes["concat"]), Lake(str(folder / "lake")), _no_spark, Progress(quiet=True)
    )
    context.documents, context.mean_tokens = documents, mean_tokens
    find_blocks(context)
    published = context.published["tokenize"].values()
    return FabricatedLake(
        uri=context.lake.uri,
        recipe=recipes,
        documents=sum(manifest.books.kept for manifest in published),
        tokens=int(sum(manifest.measures["tokens"] for manifest in published)),
        blocks=sum(len(manifest.files) - 1 for manifest in published),
    )


def _recipe(packing: str, budget_tokens: int) -> dict[str, object]:
    return {
        "name": "fabricated",
        "sources": [
            {"name": name, "kind": kind, "uri": f"{name}.jsonl", "group": group}
            for name, (kind, group, _) in SOURCES.items()
        ],
        "budget_tokens": budget_tokens,
        "packing": packing,
        "phases": [
            {"name": "train", "budget_share": 0.9, "weights": {"text": 0.6, "code": 0.4}},
            {"name": "cooldown", "budget_share": 0.1, "weights": {"text/books": 0.8, "code": 0.2}},
        ],
    }


def _no_spark() -> None:
    raise RuntimeError("a lake is fabricated without Spark")


class _FabricatingContext(Context):
    """A run that finds every unit of work done, because it publishes what the stages ask for."""

    documents = 0
    mean_tokens = 0.0

    def find(self, units: Iterable[Unit]) -> list[Unit]:
        """None is missing."""
        for unit in units:
            folder = Path(self.lake.stage_uri(unit.stage, unit.source, unit.fingerprint))
            folder.mkdir(parents=True)
            self.publish(unit, [self._result(unit, folder)])
        return []

    def _result(self, unit: Unit, folder: Path) -> TaskResult:
        survivors = int(self.documents * SOURCES[unit.source][2])
        if unit.stage == "tokenize":
            return _blocks(unit, folder, survivors, self.mean_tokens)
        parts = len(unit.settings["splits"]) if unit.stage == "ingest" else len(self.of("ingest", unit.source).files)
        documents = survivors + parts  # dedup removes one of each part
        if unit.stage == "dedup":
            files = _files(folder, "removed", parts, parts, 2000)
            return TaskResult(files, Books(records_in=documents, kept=survivors, rejected=parts))
        text_bytes = int(survivors * self.mean_tokens * TEXT_BYTES_PER_TOKEN)
        size_bytes = text_bytes // 3 if unit.stage == "ingest" else documents * ANNOTATED_BYTES_PER_DOCUMENT
        files = _files(folder, "part", parts, documents, size_bytes // parts)
        return TaskResult(files, Books(records_in=documents, kept=documents), {"text_bytes": float(text_bytes)})


def _files(folder: Path, stem: str, files: int, rows: int, size_bytes: int) -> list[storage.WrittenFile]:
    written = []
    for number in range(files):
        path = folder / f"{stem}-{number:05d}.parquet"
        _sparse(path, size_bytes)
        written.append(storage.WrittenFile(path.name, rows // files, size_bytes, _digest(path)))
    return written


def _blocks(unit: Unit, folder: Path, documents: int, mean_tokens: float) -> TaskResult:
    """Block files that hold lengths and nulls, and their index."""
    blocks = 2 ** int(unit.settings["block_bits"])
    rng = np.random.default_rng(int(unit.fingerprint[:8], 16))
    documents_of = rng.multinomial(documents, np.full(blocks, 1 / blocks))
    files, tokens_of = [], []
    for block, count in enumerate(documents_of):
        lengths = document_lengths(rng, int(count), mean_tokens)
        tokens_of.append(int(lengths.sum()))
        files.append(_block_file(folder / block_name(block), pa.array(lengths.astype(np.int32))))
    index = pa.Table.from_arrays(
        [
            pa.array(range(blocks)),
            pa.array(documents_of),
            pa.array(tokens_of),
            pa.nulls(blocks, pa.string()),
            pa.array([file.sha256 for file in files]),
        ],
        schema=INDEX_SCHEMA,
    )
    files.append(storage.write_parquet(str(folder / INDEX_FILE), INDEX_SCHEMA, [index]))
    return TaskResult(files, Books(records_in=documents, kept=documents), {"tokens": float(sum(tokens_of))})


def _block_file(path: Path, lengths: pa.Array) -> storage.WrittenFile:
    """Written without `storage`, which makes the disk keep each file before the next: that takes minutes here."""
    schema = block_schema(FORMAT.id_type)
    columns = [lengths if field.name == "n_tokens" else pa.nulls(len(lengths), field.type) for field in schema]
    table = pa.Table.from_arrays(columns, schema=schema)
    pq.write_table(
        table,
        path,
        row_group_size=max(1, len(lengths)),
        use_dictionary=False,
        compression=storage.COMPRESSION,
        compression_level=storage.COMPRESSION_LEVEL,
        write_page_checksum=True,
    )
    return storage.WrittenFile(path.name, len(lengths), path.stat().st_size, _digest(path))


def _sparse(path: Path, size_bytes: int) -> None:
    """A file of that size that takes up no room; its time of change is fixed, so that it is the same input again."""
    with path.open("wb") as file:
        file.truncate(size_bytes)
    os.utime(path, (0, 0))


def _digest(path: Path) -> str:
    """64 hex digits in the place of a checksum of content."""
    return hashlib.sha256(f"{path.parent.name}/{path.name}".encode()).hexdigest()

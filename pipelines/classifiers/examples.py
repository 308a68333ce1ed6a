"""Documents to train a classifier on: of sources in the lake, and of plain files."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa

from mixer import storage
from pipelines.context import Context
from pipelines.estimates.published import has, published_so_far
from pipelines.estimates.stored_parts import removed_rows, stored_parts
from pipelines.recipe import Recipe
from pipelines.recipe_keys.problems import RecipeError, unknown
from pipelines.steps import annotate, decide, deduplicate, ingest

FILE_SUFFIXES = (".jsonl", ".jsonl.gz", ".txt", ".txt.gz")
TEXT_KEY = "text"
BATCH_DOCUMENTS = 1000


@dataclass(frozen=True)
class Examples:
    """Where documents of one label come from; `held` names what it holds, for the fingerprint."""

    name: str
    held: str
    path: str | None  # a file; None: parts in the lake
    context: Context | None = None

    def texts(self) -> Iterator[pa.StringArray]:
        """The documents' texts, batch by batch."""
        if self.path is not None:
            yield from _file_texts(Path(self.path))
        elif self.context is not None:
            yield from _source_texts(self.context, self.name)


def find_examples(name: str, recipe: Recipe | None, context: Context | None) -> Examples:
    """The source or the file of that name; RecipeError when there is neither, or the source is not ingested."""
    sources = [] if recipe is None else [source.name for source in recipe.sources]
    if name in sources and context is not None:
        return _source_examples(name, context)
    if name.endswith(FILE_SUFFIXES):
        if not Path(name).is_file():
            raise RecipeError(f"no file at {name!r}")
        return Examples(name, storage.sha256_of(name), name)
    raise RecipeError(f"{unknown('source', name, sources)}; a file ends with {', '.join(FILE_SUFFIXES)}")


def found_in_lake(context: Context) -> Context:
    """What the lake holds of a recipe, to look sources up in."""
    return published_so_far(context)


def _source_examples(name: str, found: Context) -> Examples:
    if not has(found, ingest.NAME, name):
        raise RecipeError(f"source {name!r} is not in {found.lake.uri}: run `mixdown build --until ingest`, or further")
    stages = [stage for stage in (ingest, annotate, decide, deduplicate) if has(found, stage.NAME, name)]
    held = " ".join(found.of(stage.NAME, name).output for stage in stages if stage is not annotate)
    return Examples(name, held, None, found)


def _source_texts(found: Context, name: str) -> Iterator[pa.StringArray]:
    """What the rules and dedup kept, as far as these stages are done."""
    if not has(found, annotate.NAME, name):
        for uri in found.of(ingest.NAME, name).part_uris(found.lake, "part-"):
            for table in storage.row_groups(uri, [TEXT_KEY]):
                yield table.column(TEXT_KEY).combine_chunks()
        return
    for part in stored_parts(found, name):
        kept = None
        if part.verdicts_uri is not None:
            verdicts = storage.read_table(part.verdicts_uri, ["keep"]).column("keep")
            kept = np.array(verdicts, np.bool_)
            kept &= ~removed_rows(part, len(kept))
        first = 0
        for table in storage.row_groups(part.documents_uri, [TEXT_KEY]):
            texts = table.column(TEXT_KEY).combine_chunks()
            if kept is not None:
                texts = texts.filter(pa.array(kept[first : first + len(texts)]))
            first += table.num_rows
            yield texts


def _file_texts(path: Path) -> Iterator[pa.StringArray]:
    """A document a line: as it is, or the `text` of a JSON object; RecipeError for a line that has none."""
    batch: list[str] = []
    with _opened(path) as lines:
        try:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                batch.append(_json_text(line, path, number) if ".jsonl" in path.suffixes else line.rstrip("\n"))
                if len(batch) == BATCH_DOCUMENTS:
                    yield pa.array(batch, pa.string())
                    batch = []
        except UnicodeDecodeError as error:
            raise RecipeError(f"{path}: {error}") from error
    yield pa.array(batch, pa.string())


def _opened(path: Path) -> TextIO:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _json_text(line: str, path: Path, number: int) -> str:
    try:
        text = json.loads(line)[TEXT_KEY]
        text.encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecipeError(f"{path}, line {number:,}: no JSON object with a {TEXT_KEY!r} that is text") from error
    return str(text)


def text_key(text: bytes, seed: int) -> bytes:
    """16 bytes that put documents into an order of their own for every seed; equal texts have equal keys."""
    return blake2b(text, digest_size=16, key=seed.to_bytes(8, "little")).digest()

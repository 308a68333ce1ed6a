"""Dolma's Bloom filter beside our hashes: lines, and whole documents, that stood in the text before.

It is Rust, one thread. Both sides read JSON lines and write what stood before, in one process. Dolma takes text as it
is, we fold whitespace; so what is found is also compared where whitespace was folded before. `min_length` of its
deduper looks at where a line stands in its document and not at its length, so both are asked for all but blank lines.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather

from benchmarks.beside import answer, by_turns, print_speeds, with_peer
from benchmarks.beside_dolma import REQUIREMENTS
from benchmarks.harness import machine, print_result, workspace
from benchmarks.near_clusters import table_of, texts_of, write_lines
from benchmarks.pipeline_corpus import corpus_files
from dedup.exact import content_hashes
from dedup.repeats.lines import line_occurrences
from dedup.repeats.occurrences import Texts, later
from dedup.repeats.settings import LineSettings

N_FILES = 8  # of the corpus of 200 MB, 8 MB each
EVERY_LINE = LineSettings(unit="line", min_bytes=1)
ROUNDS = 7
ATTRIBUTE = "repeats"


class Kind(NamedTuple):
    """What is looked for: our program from file to file, what Dolma is asked, and what it says as we say it."""

    name: str
    ours: Callable[[Path, Path], None]
    asked: Mapping[str, object]
    found: Callable[[Sequence[str], list[list[list[int]]]], set[int]]


def run(quick: bool) -> None:
    """Print speeds and agreement."""
    print(machine())
    with_peer("dolma", REQUIREMENTS, lambda python: compare(python, quick))


def compare(python: str, quick: bool) -> None:
    """Text as it is, for the time; and folded, for what is found. Every hundredth document comes twice."""
    read = texts_of(corpus_files(5) if quick else corpus_files(200)[:N_FILES])
    texts = [text for text in [*read, *read[::100]] if text.strip()]
    folded = ["\n".join(" ".join(line.split()) for line in text.split("\n")) for text in texts]
    for kind in (LINES, DOCUMENTS):
        ratio, counts = _compared(python, kind, texts, 1 if quick else ROUNDS)
        print(f"as it is: {counts}")
        _, folded_counts = _compared(python, kind, folded, 1)
        print(f"with whitespace folded: {folded_counts}")
        print_result(f"beside dolma's deduper: {kind.name}", ratio, **counts, folded=folded_counts)


def _compared(python: str, kind: Kind, texts: Sequence[str], rounds: int) -> tuple[float, dict[str, int]]:
    """How many times as fast we are, and how much both and either found."""
    with workspace() as folder:
        path = write_lines(texts, folder / "documents" / "0000.jsonl")
        out = folder / "ours.arrow"

        def theirs() -> dict[str, float]:
            # It would go on from the filter of the round before, and not write over attributes.
            shutil.rmtree(folder / "attributes", ignore_errors=True)
            (folder / f"{ATTRIBUTE}.bloom").unlink(missing_ok=True)
            request = {"folder": str(folder), "name": ATTRIBUTE, "what": kind.asked}
            return dict(answer(python, "dolma_toolkit", request))

        ours, their_seconds, _ = by_turns(lambda: kind.ours(path, out), theirs, rounds, 1)
        own = set(feather.read_table(out).column(0).to_pylist())
        found = kind.found(texts, _spans(folder / "attributes" / ATTRIBUTE / path.name))
    text_mb = sum(len(text.encode()) for text in texts) / 1e6
    ratio = print_speeds(f"{kind.name} that stood before", text_mb, ours, their_seconds)
    return ratio, {"both": len(own & found), "ours_alone": len(own - found), "theirs_alone": len(found - own)}


def _our_lines(path: Path, out: Path) -> None:
    """Their places: document << 32 | byte."""
    text = _read(path)
    rows = np.arange(len(text), dtype=np.int64)
    found = line_occurrences(Texts(text, rows, rows), EVERY_LINE)
    again = later(found, EVERY_LINE.copies)
    places = (found.position[again] << 32) | found.start_bytes[again]
    feather.write_feather(pa.table({"place": places}), out, compression="uncompressed")


def _their_lines(texts: Sequence[str], spans: list[list[list[int]]]) -> set[int]:
    """The same of Dolma's spans, which are of characters."""
    places = set()
    for row, (text, found) in enumerate(zip(texts, spans, strict=True)):
        starts = [start if text.isascii() else len(text[:start].encode()) for start, *_ in found]
        places |= {(row << 32) | start for start in starts}
    return places


def _our_documents(path: Path, out: Path) -> None:
    """Their numbers."""
    hashes = content_hashes(_read(path)).dictionary_encode().indices.to_numpy()
    _, first = np.unique(hashes, return_index=True)
    again = np.setdiff1d(np.arange(len(hashes)), first)
    feather.write_feather(pa.table({"row": again}), out, compression="uncompressed")


def _their_documents(_texts: Sequence[str], spans: list[list[list[int]]]) -> set[int]:
    return {row for row, found in enumerate(spans) if found}


LINES = Kind(
    "lines", _our_lines, {"paragraphs": {"attribute_name": ATTRIBUTE, "paragraph_separator": "\n"}}, _their_lines
)
DOCUMENTS = Kind(
    "documents", _our_documents, {"documents": {"attribute_name": ATTRIBUTE, "key": "$.text"}}, _their_documents
)


def _read(path: Path) -> pa.LargeStringArray:
    return table_of([path]).column("text").cast(pa.large_string()).combine_chunks()


def _spans(attributes: Path) -> list[list[list[int]]]:
    with attributes.open(encoding="utf-8") as file:
        return [json.loads(line)["attributes"].get(ATTRIBUTE, []) for line in file]


if __name__ == "__main__":
    run(quick=True)

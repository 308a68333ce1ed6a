"""Word splitting beside datatrove's: how many words are equal in each language, and how fast.

Real text is read from the folder MIXDOWN_DATA (web archives, anywhere below it); without it there is nothing to do.
A word is equal if both splitters have it, at the same characters; the share is of datatrove's words.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from fastwarc.warc import ArchiveIterator, WarcRecordType
from numba import njit
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import detect_encoding

from benchmarks.harness import machine, print_result
from quality.arrow_text import text_buffers
from quality.characters import decode
from quality.language import identify
from quality.words.datatrove_splitter import MissingSplitter, datatrove_words
from quality.words.split import split_words
from quality.words.splitters import SPLITTERS, splitter_of
from quality.words.tables import word_tables

LEAST_CHARS = 200
LEAST_SCORE = 0.5  # of language identification
LANGUAGE_CHARS = 500_000  # of text compared for each language
QUICK_CHARS = 50_000
NAMES = {number: name for name, number in SPLITTERS.items()}


def run(quick: bool) -> None:
    """Print a line for each language."""
    folder = os.environ.get("MIXDOWN_DATA")
    if folder is None:
        print("words: set MIXDOWN_DATA to a folder with web archives")
        return
    print(machine())
    most_chars = QUICK_CHARS if quick else LANGUAGE_CHARS
    shares = {}
    for language, texts in sorted(_texts_by_language(Path(folder), most_chars).items()):
        try:
            result = _compared(pa.array(texts, pa.large_string()), language)
        except MissingSplitter as missing:
            print(f"{language}: {missing}")
            continue
        shares[language] = result["equal"]
        print(
            f"{language}: {NAMES[splitter_of(language)]}, {len(texts)} documents, {result['words']:,.0f} words, "
            f"{result['equal']:.4%} equal, {result['differing']:.0f} documents differ, "
            f"{result['ours']:.1f} MB/s beside {result['theirs']:.2f}"
        )
    print_result("words", shares.get("en", 0.0), equal={name: round(share, 6) for name, share in shares.items()})


def _texts_by_language(folder: Path, most_chars: int) -> Mapping[str, list[str]]:
    """Distinct texts of web pages, by identified language, up to about `most_chars` of each."""
    texts = sorted(set(_page_texts(folder)))
    np.random.default_rng(0).shuffle(texts)
    languages, scores = identify(pa.array(texts, pa.large_string()))
    found: dict[str, list[str]] = defaultdict(list)
    n_chars: dict[str, int] = defaultdict(int)
    for text, language, score in zip(texts, languages.to_pylist(), scores.to_pylist(), strict=True):
        if score >= LEAST_SCORE and n_chars[language] < most_chars:
            found[language].append(text)
            n_chars[language] += len(text)
    return found


def _page_texts(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.warc.gz")) + sorted(folder.rglob("*.wet.gz")):
        kinds = WarcRecordType.response | WarcRecordType.conversion
        with path.open("rb") as file:
            for record in ArchiveIterator(file, record_types=kinds, parse_http=True):
                if record.record_type == WarcRecordType.response and "html" not in (record.http_content_type or ""):
                    continue
                text = _decoded(record)
                if record.record_type == WarcRecordType.response:
                    text = extract_plain_text(text)
                if len(text) >= LEAST_CHARS:
                    yield text


def _decoded(record: Any) -> str:
    body = record.reader.read()
    try:
        return str(body.decode(record.http_charset or detect_encoding(body), "replace"))
    except LookupError:
        return str(body.decode("utf-8", "replace"))


def _compared(texts: pa.LargeStringArray, language: str) -> Mapping[str, float]:
    data, offsets = text_buffers(texts)
    began = time.process_time()
    starts, ends, counts = datatrove_words(texts, pa.array([language] * len(texts)))
    their_seconds = time.process_time() - began
    room = int(np.diff(offsets).max())
    ours = (np.empty(len(data), np.int32), np.empty(len(data), np.int32), np.zeros(len(texts) + 1, np.int64))
    for _ in range(2):  # the first round compiles
        scratch = (np.empty(room, np.uint32), np.empty(room, np.int32), np.empty(room, np.int32))
        began = time.process_time()
        _split_all(data, offsets, word_tables(), splitter_of(language), scratch, ours)
        our_seconds = time.process_time() - began
    equal = 0
    differing = 0
    for i in range(len(texts)):
        theirs = set(zip(starts[counts[i] : counts[i + 1]], ends[counts[i] : counts[i + 1]], strict=True))
        first, last = ours[2][i], ours[2][i + 1]
        mine = set(zip(ours[0][first:last], ours[1][first:last], strict=True))
        equal += len(theirs & mine)
        differing += theirs != mine
    megabytes = len(data) / 1e6
    return {
        "words": len(starts),
        "equal": equal / max(1, len(starts)),
        "differing": differing,
        "ours": megabytes / our_seconds,
        "theirs": megabytes / their_seconds,
    }


@njit
def _split_all(data: Any, offsets: Any, tables: Any, splitter: int, scratch: Any, found: Any) -> None:
    """Decode and split every document; `found` is (starts, ends, offsets of documents)."""
    code_points, starts, ends = scratch
    n_found = 0
    for i in range(len(offsets) - 1):
        n_chars = decode(data, offsets[i], offsets[i + 1], code_points)
        n_words = split_words(code_points, n_chars, tables, splitter, starts, ends)
        found[0][n_found : n_found + n_words] = starts[:n_words]
        found[1][n_found : n_found + n_words] = ends[:n_words]
        n_found += n_words
        found[2][i + 1] = n_found

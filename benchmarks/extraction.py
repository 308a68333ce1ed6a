"""Main text of pages beside resiliparse and trafilatura: what each keeps, and its speed.

Pages and truth are trafilatura's evaluation set (Barbaresi 2021): for each page, segments that belong to the main text
and segments that do not. A wanted segment found is a true positive, an unwanted one found a false positive, as in
trafilatura's own evaluation. Rules may be developed on the pages of half A alone (by a hash of the address); half B
shows what they are worth elsewhere. The set is third parties' pages and is not shipped: MIXDOWN_DATA names a folder
with `web-truth/trafilatura-eval.warc.gz` and `web-truth/evaldata.json`.

Speed is characters of HTML per CPU second, candidates interleaved on every eighth page.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from benchmarks.harness import interleaved, machine, print_result
from pipelines.readers.web.archives import ArchiveRecord, read_archive
from pipelines.readers.web.charset import decoded_text
from pipelines.readers.web.html import extract_main_text
from pipelines.readers.web.http_responses import decoded_body, parse_response

MAX_PAGE_BYTES = 64 << 20
TIMED_EVERY = 8


class Page(NamedTuple):
    """A page of the evaluation set."""

    url: str
    html: str
    wanted: list[str]
    unwanted: list[str]

    @property
    def half(self) -> str:
        """A: rules may be developed on it; B: they may not."""
        return "AB"[hashlib.sha256(self.url.encode()).digest()[0] & 1]


class Score(NamedTuple):
    """Precision, recall and F1 of segments."""

    precision: float
    recall: float
    f1: float


def _with_trafilatura(html: str, fast: bool = False) -> str:
    return str(trafilatura.extract(html, fast=fast, include_comments=False) or "")


def _with_resiliparse(html: str) -> str:
    """The options that scored best on the whole set."""
    return str(
        extract_plain_text(
            html,
            main_content=True,
            preserve_formatting=True,
            alt_texts=False,
            comments=False,
            post_meta=False,
            skip_elements=["nav", "aside", "footer"],
        )
    )


EXTRACTORS: dict[str, Callable[[str], str]] = {
    "trafilatura": _with_trafilatura,
    "trafilatura, fast": lambda html: _with_trafilatura(html, fast=True),
    "resiliparse": _with_resiliparse,
    "mixdown": extract_main_text,
}


def run(quick: bool) -> None:
    """Print scores of both halves and speeds."""
    print(machine())
    folder = os.environ.get("MIXDOWN_DATA")
    if folder is None:
        print("extraction: MIXDOWN_DATA is not set, nothing is measured")
        return
    pages = read_pages(Path(folder) / "web-truth")
    pages = pages[:: 10 if quick else 1]
    print(f"{len(pages)} pages, {sum(len(page.html) for page in pages) / 1e6:.0f} million characters of HTML")
    for name, extract in EXTRACTORS.items():
        texts = [extract(page.html) for page in pages]
        scores = {half: score(pages, texts, half) for half in ("A", "B", "AB")}
        print(
            f"{name:18}",
            *(f"{half}: P {s.precision:.3f} R {s.recall:.3f} F1 {s.f1:.3f} " for half, s in scores.items()),
        )
    _print_speeds(pages[::TIMED_EVERY], rounds=1 if quick else 3)


def read_pages(folder: Path) -> list[Page]:
    """The pages of the set that its truth speaks of."""
    truth = json.loads((folder / "evaldata.json").read_text(encoding="utf-8"))
    pages = []
    with open(folder / "trafilatura-eval.warc.gz", "rb") as file:
        for record in read_archive(file, MAX_PAGE_BYTES):
            if not isinstance(record, ArchiveRecord) or record.kind != "response" or record.url not in truth:
                continue
            response = parse_response(record.block)
            assert response is not None
            html = decoded_text(decoded_body(response, MAX_PAGE_BYTES), response.charset, is_html=True).text
            pages.append(Page(record.url, html, truth[record.url]["with"], truth[record.url]["without"]))
    return pages


def score(pages: Iterable[Page], texts: Iterable[str], halves: str) -> Score:
    """Segments of the pages of `halves` found in the extracted texts."""
    found_wanted = wanted = found_unwanted = 0
    for page, text in zip(pages, texts, strict=True):
        if page.half in halves:
            wanted += len(page.wanted)
            found_wanted += sum(segment in text for segment in page.wanted)
            found_unwanted += sum(segment in text for segment in page.unwanted)
    precision = found_wanted / max(1, found_wanted + found_unwanted)
    recall = found_wanted / max(1, wanted)
    return Score(precision, recall, 2 * precision * recall / max(1e-9, precision + recall))


def _print_speeds(pages: list[Page], rounds: int) -> None:
    chars = sum(len(page.html) for page in pages)

    def over_all(extract: Callable[[str], str]) -> Callable[[], object]:
        return lambda: [extract(page.html) for page in pages]

    seconds = interleaved({name: over_all(extract) for name, extract in EXTRACTORS.items()}, rounds)
    for name, spent in seconds.items():
        print(f"{name:18} {chars / spent / 1e6:7.1f} MB/s  {seconds['trafilatura'] / spent:5.1f}x trafilatura")
    print_result("extraction", seconds["trafilatura"] / seconds["mixdown"])

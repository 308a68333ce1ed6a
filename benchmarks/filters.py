"""The web text rules beside datatrove's filters: agreement on thousands of real documents, and CPU time for each.

`make bench ONLY=filters`. Documents are those of `benchmarks/documentation.py` of up to LARGEST_CHARS, all judged as
English. Where MIXDOWN_BENCH_CORPUS names a folder, the downloaded packages are kept there.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from benchmarks.datatrove_filters import CHAIN, agree, datatrove_filters, datatrove_verdict, our_verdicts
from benchmarks.documentation import Text, documents
from benchmarks.harness import interleaved, machine, print_result, workspace

LARGEST_CHARS = 3_000  # datatrove splits about 0.25 MB/s into words, and four filters look at each document twice
N_DOCUMENTS, N_QUICK = 6_000, 300
TIMED_BYTES, TIMED_QUICK = 1_500_000, 300_000
ROUNDS = 3

Disagreements = Counter[tuple[str, str, str]]  # by filter, what differs and source


def run(quick: bool) -> None:
    """Print the agreement, then the ratios."""
    print(machine())
    with _corpus_folder() as folder:
        found = [text for text in documents(folder) if len(text.text) <= LARGEST_CHARS]
    compared = found[: N_QUICK if quick else N_DOCUMENTS]
    report_agreement(compared)
    report_speed([text.text for text in compared], TIMED_QUICK if quick else TIMED_BYTES)


@contextmanager
def _corpus_folder() -> Iterator[Path]:
    kept = os.environ.get("MIXDOWN_BENCH_CORPUS")
    with nullcontext(Path(kept)) if kept else workspace() as folder:
        yield folder


def report_agreement(compared: list[Text]) -> Disagreements:
    """Print and return where datatrove and we differ: the first reason of each filter, resulting texts, the chain."""
    texts = [text.text for text in compared]
    strict, loose = datatrove_filters(any_end=False), datatrove_filters(any_end=True)
    plain, _ = our_verdicts(texts, "none")
    ours, ours_loose = our_verdicts(texts, "c4"), our_verdicts(texts, "c4_any_end")
    disagreements: Disagreements = Counter()
    n_compared: Counter[str] = Counter()

    def compare(label: str, theirs: str | None, found: list[str], source: str) -> None:
        n_compared[label] += 1
        if not agree(theirs, found):
            disagreements[label, f"{theirs}, not {found[:1]}", source] += 1

    for i, (source, text) in enumerate(compared):
        reasons = {name: datatrove_verdict(strict[name], text)[0] for name in CHAIN if name != "c4"}
        for name, reason in reasons.items():
            compare(name, reason, plain[name][i], source)
        for clean, filters, (verdicts, cleaned) in (("c4", strict, ours), ("c4_any_end", loose, ours_loose)):
            reasons["c4"], left = datatrove_verdict(filters["c4"], text)
            compare(f"c4 ({clean})", reasons["c4"], verdicts["c4"][i], source)
            if reasons["c4"] is None:
                compare(f"text after {clean}", None, [] if cleaned[i] == left else ["another text"], source)
                reasons["fineweb"], _ = datatrove_verdict(filters["fineweb"], left)
                compare(f"fineweb after {clean}", reasons["fineweb"], verdicts["fineweb"][i], source)
        failed = next((name for name in CHAIN if reasons[name]), None)
        ours_failed = [name for name in CHAIN if ours_loose[0][name][i]]
        compare("chain: the filter that drops it", failed, ours_failed, source)
    n_bytes = sum(len(text.encode()) for text in texts)
    print(f"{len(texts):,} documents, {n_bytes / 1e6:.1f} MB: {dict(Counter(text.source for text in compared))}")
    for label, count in n_compared.items():
        n_differing = sum(found for (of, _, _), found in disagreements.items() if of == label)
        print(f"{label:32} compared {count:6,}, differ {n_differing:4,}")
    for (label, what, source), count in sorted(disagreements.items()):
        print(f"  {label}: {what} [{source}]: {count}")
    return disagreements


def first_failure(filters: dict[str, Any], text: str) -> str | None:
    """The filter of datatrove's chain that drops the text."""
    for name, filter_ in filters.items():
        reason, text = datatrove_verdict(filter_, text)
        if reason is not None:
            return name
    return None


def report_speed(texts: list[str], n_bytes: int) -> None:
    """Print CPU seconds of the chain for each, interleaved on about `n_bytes` of the texts, and ratios."""
    timed: list[str] = []
    while texts and sum(map(len, timed)) < n_bytes:
        timed.append(texts[len(timed)])
    filters = datatrove_filters(any_end=True)
    ours_repeated = 20  # so that ours takes long enough to be timed

    def theirs() -> None:
        _forget_split_texts()
        for text in timed:
            first_failure(filters, text)

    def theirs_with_cache() -> None:
        with _without_memory_zone():
            theirs()

    candidates: dict[str, Callable[[], object]] = {
        "ours": lambda: [our_verdicts(timed, "c4_any_end") for _ in range(ours_repeated)],
        "datatrove": theirs,
        "datatrove, spaCy's cache on": theirs_with_cache,
    }
    started = time.process_time()
    our_verdicts(timed[:1], "c4_any_end")
    print(f"first call of ours (compiles, unless numba has it cached): {time.process_time() - started:.1f} CPU s")
    seconds = interleaved(candidates, ROUNDS)
    seconds["ours"] /= ours_repeated
    megabytes = sum(len(text.encode()) for text in timed) / 1e6
    for name, taken in seconds.items():
        print(f"{name:30} {megabytes / taken:8.2f} MB per CPU second   {taken / seconds['ours']:6.1f} times ours")
    ratios = {name: taken / seconds["ours"] for name, taken in seconds.items()}
    print_result("filters", ratios["datatrove"], with_spacys_cache=ratios["datatrove, spaCy's cache on"])


def _forget_split_texts() -> None:
    """datatrove remembers the words of the last five texts; a new round does not begin with them."""
    from datatrove.utils.text import split_into_parts

    split_into_parts.cache_clear()


@contextmanager
def _without_memory_zone() -> Iterator[None]:
    """spaCy keeps its cache of split chunks, which the memory zone that datatrove opens for each text empties."""
    from spacy.language import Language

    zone = Language.memory_zone
    Language.memory_zone = lambda *_: nullcontext()
    try:
        yield
    finally:
        Language.memory_zone = zone

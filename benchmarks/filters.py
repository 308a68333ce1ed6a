"""The web text rules beside datatrove's filters: agreement on thousands of real documents, and CPU time for each.

`make bench ONLY=filters`. Documents are those of `benchmarks/documentation.py` of up to LARGEST_CHARS, all judged as
English. Downloaded packages are kept in build/bench-packages, or where MIXDOWN_BENCH_CORPUS says.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.datatrove_filters import CHAIN, agree, datatrove_filters, datatrove_verdict, our_verdicts
from benchmarks.documentation import Text, documents, packages_folder
from benchmarks.harness import interleaved, machine, print_result
from quality.edits import apply_edits, merged
from quality.judge import judge
from quality.rule import rules
from quality.signal_group import documents_of, measure_groups, signal_groups

LARGEST_CHARS = 3_000  # datatrove splits about 0.25 MB/s into words, and four filters look at each document twice
N_DOCUMENTS, N_QUICK = 6_000, 300
TIMED_BYTES, TIMED_QUICK = 2_000_000, 300_000  # of documents of any length
OUR_TIMES = 20  # as much text as a batch of a pipeline holds
ROUNDS = 3

Disagreements = Counter[tuple[str, str, str]]  # by filter, what differs and source


def run(quick: bool) -> None:
    """Print the agreement, then the ratios."""
    print(machine())
    found = documents(packages_folder())
    compared = [text for text in found if len(text.text) <= LARGEST_CHARS]
    report_agreement(compared[: N_QUICK if quick else N_DOCUMENTS])
    report_speed([text.text for text in found], TIMED_QUICK if quick else TIMED_BYTES)


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
    """Print CPU seconds of the chain for each, interleaved, and ratios.

    datatrove reads about `n_bytes` of the texts, we OUR_TIMES as many, so that both take long enough to be timed.
    """
    theirs_timed, ours_timed = _first_bytes(texts, n_bytes), _first_bytes(texts, OUR_TIMES * n_bytes)
    filters = datatrove_filters(any_end=True)
    as_it_is, cached = _english_tokenizer(), _english_tokenizer()
    column = pa.array(ours_timed, pa.large_string())

    def chain() -> None:
        _forget_split_texts()
        for text in theirs_timed:
            first_failure(filters, text)

    def theirs() -> None:
        with _own_tokenizer(as_it_is):
            chain()

    def theirs_with_cache() -> None:
        with _own_tokenizer(cached), _without_memory_zone():
            chain()

    candidates: dict[str, Callable[[], object]] = {
        "ours": lambda: judged(column),
        "datatrove": theirs,
        "datatrove, spaCy's cache on": theirs_with_cache,
    }
    sizes = {name: sum(len(text.encode()) for text in theirs_timed) / 1e6 for name in candidates}
    sizes["ours"] = sum(len(text.encode()) for text in ours_timed) / 1e6
    started = time.process_time()
    judged(column[:1])
    print(f"first call of ours (compiles, unless numba has it cached): {time.process_time() - started:.1f} CPU s")
    seconds = interleaved(candidates, ROUNDS)
    speeds = {name: sizes[name] / taken for name, taken in seconds.items()}
    for name, speed in speeds.items():
        print(f"{name:30} {speed:8.2f} MB per CPU second, ours {speeds['ours'] / speed:6.1f} times that")
    cached = speeds["ours"] / speeds["datatrove, spaCy's cache on"]
    print_result("filters", speeds["ours"] / speeds["datatrove"], with_spacys_cache=cached)


def _first_bytes(texts: list[str], n_bytes: int) -> list[str]:
    sizes = np.cumsum([len(text.encode()) for text in texts])
    return texts[: int(np.searchsorted(sizes, n_bytes)) + 1]


def judged(column: pa.LargeStringArray) -> tuple[pa.Array, pa.Array, pa.Array]:
    """What decides over a batch in a pipeline: verdicts, reasons and cleaned texts; as English."""
    documents = documents_of(column, language=pa.array(["en"] * len(column), pa.string()))
    asked = {name: signal_groups()[name].settings() for name in ("prose", "shape")}
    asked["prose"] = signal_groups()["prose"].settings.model_validate({"clean": "c4_any_end"})
    measured = measure_groups(documents, asked)
    table = pa.table(dict(measured.columns) | {"language": documents.language})
    checks = {name: rules()[name].checks(rules()[name].settings()) for name in CHAIN}
    return (*judge(table, checks), apply_edits(column, merged(measured.edits)))


def _forget_split_texts() -> None:
    """datatrove remembers the words of the last five texts; a new round does not begin with them."""
    from datatrove.utils.text import split_into_parts

    split_into_parts.cache_clear()


def _english_tokenizer() -> Any:
    """The spaCy pipeline that datatrove makes for English."""
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    return pipeline


@contextmanager
def _own_tokenizer(pipeline: Any) -> Iterator[None]:
    """datatrove splits English with `pipeline`, so that one candidate's cache is not the other's."""
    from datatrove.utils.typeshelper import Languages
    from datatrove.utils.word_tokenizers import load_word_tokenizer

    splitter = load_word_tokenizer(Languages.english)
    before, splitter._tokenizer = splitter._tokenizer, pipeline
    yield
    splitter._tokenizer = before


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

"""Data-Juicer's filters and its MinHash beside ours: statistics of documents, and which near duplicates go.

Operators run on a data set in memory, in one process, as its default executor runs them one after the other. Five
filters have a counterpart here; ours measures in one pass whatever the rules of web text ask. MinHash has the same
bands and word 5-grams on both sides; Data-Juicer parts words at blanks alone and not at newlines.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import spearmanr

from benchmarks.beside import answer, by_turns, print_speeds, with_peer
from benchmarks.gopher_checks import judged, signals
from benchmarks.harness import machine, print_result, workspace
from benchmarks.near_clusters import BANDS, NGRAM, ROWS, agreement, survivors, texts_of, words_alone, write_lines
from benchmarks.pipeline_corpus import corpus_files

# What the modules of all operators import, for each is loaded with the others.
REQUIREMENTS = (
    *("py-data-juicer==1.6.1", "emoji==2.2.0", "jsonargparse==4.53.0", "docstring-parser==0.18.0", "wget==3.2"),
    *("typeshed-client==2.15.0", "tabulate==0.10.0", "dep-logic==0.7.2", "beautifulsoup4==4.15.0", "psutil==7.2.2"),
    "zstandard==0.25.0",
)
N_FILES = 3  # of the corpus of 200 MB, 8 MB each
OUR_TIMES = 10
MINHASH = {
    "tokenization": "space",
    "window_size": NGRAM,
    "num_permutations": BANDS * ROWS,
    "num_bands": BANDS,
    "num_rows_per_band": ROWS,
}


def run(quick: bool) -> None:
    """Print speeds and agreement."""
    print(machine())
    with_peer("data-juicer", REQUIREMENTS, lambda python: compare(python, quick))


def compare(python: str, quick: bool) -> None:
    """Filters, then MinHash."""
    rounds = 1 if quick else 3
    compare_filters(python, [text for text in texts_of(corpus_files(5)) if text.strip()], rounds)
    compare_minhash(python, texts_of(corpus_files(5) if quick else corpus_files(200)[:N_FILES]), rounds)


def compare_filters(python: str, texts: Sequence[str], rounds: int) -> None:
    """Speeds, and how alike the statistics are."""
    column = pa.array(texts, pa.large_string())
    ours, theirs, found = _timed(python, texts, {}, lambda: judged(column), rounds, OUR_TIMES)
    text_mb = sum(len(text.encode()) for text in texts) / 1e6
    ratio = print_speeds("five filters", text_mb, ours, theirs)
    print({name: f"{text_mb / seconds:.2f} MB per CPU second" for name, seconds in found["filters"].items()})
    own = signals(column)
    pairs = {
        "text_len": own["n_chars"],
        "max_line_length": own["max_line_chars"],
        "avg_line_length": np.asarray(own["n_chars"]) / np.asarray(own["n_lines"]),
        "num_words": own["n_non_symbol_words"],
        "word_rep_ratio": own["duplicate_10_gram_char_share"],
    }
    agreed = {name: _alike(np.asarray(of_us), [row[name] for row in found["stats"]]) for name, of_us in pairs.items()}
    for name, (equal, correlation) in agreed.items():
        print(f"{name:>16}: {equal:8.2%} equal, rank correlation {correlation:.4f}")
    print_result("beside data-juicer: filters", ratio, agreed=agreed)


def _alike(ours: NDArray[Any], theirs: Sequence[float]) -> tuple[float, float]:
    """The share of documents where both are equal, and Spearman's rank correlation."""
    other = np.asarray(theirs)
    return round(float(np.isclose(ours, other).mean()), 4), round(float(spearmanr(ours, other).statistic), 4)


def compare_minhash(python: str, texts: Sequence[str], rounds: int) -> None:
    """Speeds on text as it is; what goes, there and where both have the same words."""
    column = pa.array(texts, pa.large_string())
    request = {"minhash": MINHASH}
    ours, theirs, found = _timed(python, texts, request, lambda: survivors(column), rounds, 1)
    ratio = print_speeds("document_minhash_deduplicator", sum(len(t.encode()) for t in texts) / 1e6, ours, theirs)
    bare = [words for words in map(words_alone, texts) if words.count(" ") >= NGRAM - 1]
    _, _, found_bare = _timed(python, bare, request, lambda: None, 1, 1)
    agreed = {
        "as it is": agreement(texts, _removed(found, len(texts))),
        "words": agreement(bare, _removed(found_bare, len(bare))),
    }
    for name, counts in agreed.items():
        print(f"{name}: {counts}")
    print_result("beside data-juicer: minhash", ratio, **agreed)


def _removed(found: dict[str, Any], count: int) -> NDArray[np.int64]:
    """As `survivors` says it, though of a document that went it is only known that it did: -1."""
    kept = np.full(count, -1)
    kept[found["kept"]] = found["kept"]
    return kept


def _timed(
    python: str, texts: Sequence[str], request: dict[str, Any], ours: Any, rounds: int, our_times: int
) -> tuple[float, float, dict[str, Any]]:
    with workspace() as folder:
        corpus = str(write_lines(texts, Path(folder) / "0000.jsonl"))
        return by_turns(
            ours, lambda: dict(answer(python, "data_juicer_ops", {"corpus": corpus, **request})), rounds, our_times
        )


if __name__ == "__main__":
    run(quick=True)

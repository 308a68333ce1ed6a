"""NeMo Curator's heuristic filters on the CPU beside our Gopher rules: the same 20 checks of the same documents.

Its stages are called as a worker calls them, on one batch, without the Ray that a pipeline of its own starts; so its
start and shuffling are left out, as ours are. Its deduplication, exact and fuzzy, imports cuDF: that needs a GPU, and
is not compared. Ours measures C4's and FineWeb's signals in the same pass, which nobody asked for here.
"""

import pyarrow as pa

from benchmarks.beside import answer, by_turns, print_speeds, with_peer
from benchmarks.gopher_checks import failed_checks, judged, print_agreement, spaced
from benchmarks.harness import machine, print_result
from benchmarks.near_clusters import texts_of
from benchmarks.pipeline_corpus import corpus_files

# Ray is imported with the package and never started.
REQUIREMENTS = (
    *("nemo-curator==1.4.0", "cosmos-xenna==0.2.0", "ray==2.57.0", "protobuf==7.36.2"),
    *("jieba==0.42.1", "comment_parser==1.2.4"),
)
QUICK_DOCUMENTS = 100
OUR_TIMES = 10

# Their filters by our checks
SAME = {
    "word_count": ("too_few_words", "too_many_words"),
    "mean_word_length": ("words_too_short", "words_too_long"),
    "symbols": ("too_many_hashes", "too_many_ellipses"),
    "bullets": ("too_many_bullet_lines",),
    "ellipses": ("too_many_ellipsis_lines",),
    "no_letter": ("too_few_words_with_letter",),
    "common_words": ("too_few_stop_words",),
    "lines": ("duplicate_lines",),
    "line_chars": ("duplicate_line_chars",),
    "paragraphs": ("duplicate_paragraphs",),
    "paragraph_chars": ("duplicate_paragraph_chars",),
    **{f"top_{n}": (f"top_{n}_gram",) for n in (2, 3, 4)},
    **{f"duplicate_{n}": (f"duplicate_{n}_grams",) for n in range(5, 11)},
}


def run(quick: bool) -> None:
    """Print speeds and agreement."""
    print(machine())
    with_peer("nemo-curator", REQUIREMENTS, lambda python: compare(python, quick))


def compare(python: str, quick: bool) -> None:
    """All of it; blank documents are left out, for several of its filters divide by the number of words or lines."""
    texts = [text for text in texts_of(corpus_files(5)) if text.strip()][: QUICK_DOCUMENTS if quick else None]
    text_mb = sum(len(text.encode()) for text in texts) / 1e6
    column = pa.array(texts, pa.large_string())
    ours, theirs, found = by_turns(
        lambda: judged(column),
        lambda: dict(answer(python, "nemo_curator_filters", {"texts": texts})),
        1 if quick else 3,
        OUR_TIMES,
    )
    ratio = print_speeds("every check of every document", text_mb, ours, theirs)
    chain = print_speeds("theirs dropping early", text_mb, ours, found["chain_seconds"])
    print("texts as they are")
    agree = print_agreement(failed_checks(texts, "auto"), found["fails"], SAME)
    print("texts with blanks around marks")
    apart = [spaced(text) for text in texts]
    fails = answer(python, "nemo_curator_filters", {"texts": apart})["fails"]
    agree_spaced = print_agreement(failed_checks(apart, "simple"), fails, SAME)
    more = {"chain": round(chain, 2), "agree": round(agree, 4), "agree_same_words": round(agree_spaced, 4)}
    print_result("beside nemo-curator", ratio, documents=len(texts), **more)


if __name__ == "__main__":
    run(quick=True)

"""Dolma's taggers gopher_v2 and c4_v2 beside our rules gopher_quality, gopher_repetition and c4.

They are Python and called on documents in memory, as our judging is. Dolma's own recipes judge what they write with
the bounds of Gopher's paper, which are ours, too.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from benchmarks.beside import answer, by_turns, print_speeds, with_peer
from benchmarks.gopher_checks import RULES, failed_checks, judged, print_agreement, spaced
from benchmarks.harness import machine, print_result
from benchmarks.near_clusters import texts_of
from benchmarks.pipeline_corpus import corpus_files

# What its modules import. Its own pins (numpy<2, tokenizers<=0.19, s3fs of 2023) are what pip does not bring together.
REQUIREMENTS = (
    *("dolma==1.2.1", "msgspec==0.22.0", "necessary==0.4.3", "requirements-parser==0.13.1", "anyascii==0.3.3"),
    *("omegaconf==2.4.0", "antlr4-python3-runtime==4.9.3", "uniseg==0.10.1", "blingfire==0.1.8", "jq==1.13.0"),
    *("zstandard==0.25.0", "platformdirs", "jsonpath-ng", "python-dotenv", "charset-normalizer"),
)
QUICK_DOCUMENTS = 100
OUR_TIMES = 10

# Dolma's attributes, the range that Gopher's paper allows, and our checks
CHECKS: Mapping[str, tuple[float, float, tuple[str, ...]]] = {
    "word_count": (50, 100_000, ("too_few_words", "too_many_words")),
    "median_word_length": (3, 10, ("words_too_short", "words_too_long")),
    "symbol_to_word_ratio": (0, 0.1, ("too_many_hashes", "too_many_ellipses")),
    "fraction_of_words_with_alpha_character": (0.8, 1, ("too_few_words_with_letter",)),
    "required_word_count": (2, np.inf, ("too_few_stop_words",)),
    "fraction_of_lines_starting_with_bullet_point": (0, 0.9, ("too_many_bullet_lines",)),
    "fraction_of_lines_ending_with_ellipsis": (0, 0.3, ("too_many_ellipsis_lines",)),
    "fraction_of_duplicate_lines": (0, 0.3, ("duplicate_lines",)),
    "fraction_of_characters_in_duplicate_lines": (0, 0.2, ("duplicate_line_chars",)),
    **{
        f"fraction_of_characters_in_most_common_{n}grams": (0, bound, (f"top_{n}_gram",))
        for n, bound in ((2, 0.2), (3, 0.18), (4, 0.16))
    },
    **{
        f"fraction_of_characters_in_duplicate_{n}grams": (0, round(0.2 - n / 100, 2), (f"duplicate_{n}_grams",))
        for n in range(5, 11)
    },
    "has_curly_brace": (0, 0.5, ("curly_bracket",)),
    "has_lorem_ipsum": (0, 0.5, ("lorem_ipsum",)),
}


def run(quick: bool) -> None:
    """Print speeds and agreement."""
    print(machine())
    with_peer("dolma", REQUIREMENTS, lambda python: compare(python, quick))


def compare(python: str, quick: bool) -> None:
    """Speeds and verdicts; documents without a word are left out, of which Dolma makes no attributes."""
    texts = [text for text in texts_of(corpus_files(5)) if text.strip()][: QUICK_DOCUMENTS if quick else None]
    column = pa.array(texts, pa.large_string())
    names = (*RULES, "c4")
    ours, theirs, found = by_turns(
        lambda: judged(column, names=names),
        lambda: dict(answer(python, "dolma_toolkit", {"texts": texts})),
        1 if quick else 3,
        OUR_TIMES,
    )
    text_mb = sum(len(text.encode()) for text in texts) / 1e6
    ratio = print_speeds("gopher_v2 and c4_v2", text_mb, ours, theirs)
    print({name: f"{text_mb / seconds:.2f} MB per CPU second" for name, seconds in found["taggers"].items()})
    same = {name: checks for name, (_, _, checks) in CHECKS.items()}
    agree = print_agreement(failed_checks(texts, "auto", names), _fails(found["scores"]), same)
    print("texts with blanks around marks")
    apart = [spaced(text) for text in texts]
    scores = answer(python, "dolma_toolkit", {"texts": apart})["scores"]
    agree_spaced = print_agreement(failed_checks(apart, "simple", names), _fails(scores), same)
    print_result("beside dolma: taggers", ratio, agree=round(agree, 4), agree_same_words=round(agree_spaced, 4))


def _fails(scores: Sequence[Mapping[str, float]]) -> dict[str, list[bool]]:
    """By attribute the documents outside its range; an attribute that is not there is a text too short to have it."""
    return {
        name: [not low <= found.get(name, low) <= high for found in scores] for name, (low, high, _) in CHECKS.items()
    }


if __name__ == "__main__":
    run(quick=True)

"""Gopher's checks by mixdown, and how often a peer's same checks come to the same verdict.

Peers split words at whitespace, mixdown at punctuation, too. So texts are compared as they are and `spaced`: with a
blank around every mark, where both have the same words.
"""

import sys
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

import pyarrow as pa

from quality.judge import judge
from quality.rule import rules
from quality.signal_group import documents_of, measure_groups, signal_groups

RULES = ("gopher_quality", "gopher_repetition")
Splitter = Literal["auto", "simple"]


def signals(column: pa.LargeStringArray, words: Splitter = "auto") -> pa.Table:
    """Every signal of prose and shape of these texts, taken as English."""
    documents = documents_of(column, language=pa.array(["en"] * len(column), pa.string()))
    asked = {
        "prose": signal_groups()["prose"].settings.model_validate({"words": words}),
        "shape": signal_groups()["shape"].settings(),
    }
    return pa.table(dict(measure_groups(documents, asked).columns) | {"language": documents.language})


def judged(column: pa.LargeStringArray, words: Splitter = "auto", names: Sequence[str] = RULES) -> pa.Array:
    """What decides over a batch in a pipeline: every signal, then the reasons of these rules."""
    checks = {name: rules()[name].checks(rules()[name].settings()) for name in names}
    _, reasons = judge(signals(column, words), checks)
    return reasons


def failed_checks(texts: Sequence[str], words: Splitter, names: Sequence[str] = RULES) -> list[set[str]]:
    """The checks that each text fails, without the names of their rules."""
    reasons = judged(pa.array(texts, pa.large_string()), words, names)
    return [{reason["reason"].split(".", 1)[1] for reason in row} for row in reasons.to_pylist()]


def spaced(text: str) -> str:
    """The text with a blank on both sides of every punctuation mark, symbol and Chinese or Japanese character."""
    return text.translate(_blanks())


def print_agreement(
    ours: Sequence[set[str]], theirs: Mapping[str, Sequence[bool]], same: Mapping[str, Sequence[str]]
) -> float:
    """Print documents that fail each of their checks, and those of ours that it is the `same` as.

    `theirs` says of each check which documents fail it. Returned is the share of all verdicts that agree.
    """
    print(f"{'their check':>46} {'both fail':>10} {'ours alone':>10} {'theirs alone':>12} {'agree':>8}")
    shares = []
    for name, fails in theirs.items():
        pairs = [(bool(failed & set(same[name])), fail) for failed, fail in zip(ours, fails, strict=True)]
        both, one, other = (pairs.count(asked) for asked in ((True, True), (True, False), (False, True)))
        shares.append(1 - (one + other) / len(pairs))
        print(f"{name:>46} {both:10,} {one:10,} {other:12,} {shares[-1]:8.2%}")
    share = sum(shares) / len(shares)
    print(f"{'verdicts that agree':>46} {share:44.2%}", flush=True)
    return share


@cache
def _blanks() -> dict[int, str]:
    letters = [chr(code_point) for code_point in range(sys.maxunicode + 1)]
    return {ord(letter): f" {letter} " for letter in letters if _stands_alone(letter)}


def _stands_alone(letter: str) -> bool:
    if unicodedata.category(letter)[0] in "PS":
        return True
    return "⺀" <= letter <= "鿿" or "豈" <= letter <= "﫿" or "𠀀" <= letter <= "\U0003ffff"

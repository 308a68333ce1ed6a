"""The phrases by which C4 drops lines and documents, found in a line in either case.

Each phrase is looked for at the rarest of its letters, its anchor: k, v, f and p begin a comparison, nothing else.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from quality.kernel import lean_kernel
from quality.prose.classes import KELVIN_SIGN, PHRASE_ANCHOR, PHRASE_ANCHORS

# C4 (Raffel et al. 2020) as datatrove's C4QualityFilter has them.
LOREM_IPSUM = "lorem ipsum"
JAVASCRIPT = "javascript"
POLICY_PHRASES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)

# What a line was found to have, as bits.
HAS_LOREM_IPSUM, HAS_JAVASCRIPT, HAS_POLICY = 1, 2, 4

# Every phrase has three of these characters in a row. None is a k, of which there is another in upper case.
IPS, JAV, F_U, VAC, COO = (tuple(np.uint32(ord(c)) for c in trace) for trace in ("ips", "jav", "f u", "vac", "coo"))
CASE = np.uint32(0x20)  # the bit that tells an ASCII letter's cases apart, and that a blank has

UPPER_A, UPPER_Z, TO_LOWER = ord("A"), ord("Z"), ord("a") - ord("A")
KELVIN, LOWER_K = ord(KELVIN_SIGN), ord("k")


class Phrases(NamedTuple):
    """The phrases as kernels read them; phrase i is characters[offsets[i]:offsets[i + 1]]."""

    characters: Any  # uint32
    offsets: Any  # int64, shape (n + 1,)
    anchors: Any  # int64, shape (n,): where in the phrase its anchor is
    letters: Any  # int64, shape (n,): its anchor
    bits: Any  # int64, shape (n,)


@cache
def phrases() -> Phrases:
    """All phrases."""
    found = {LOREM_IPSUM: HAS_LOREM_IPSUM, JAVASCRIPT: HAS_JAVASCRIPT} | dict.fromkeys(POLICY_PHRASES, HAS_POLICY)
    letters = [next(anchor for anchor in PHRASE_ANCHORS if anchor in phrase) for phrase in found]
    anchors = [phrase.index(letter) for phrase, letter in zip(found, letters, strict=True)]
    return Phrases(
        np.array([ord(character) for character in "".join(found)], np.uint32),
        np.cumsum([0, *map(len, found)]).astype(np.int64),
        np.array(anchors, np.int64),
        np.array([ord(letter) for letter in letters], np.int64),
        np.array(list(found.values()), np.int64),
    )


@lean_kernel
def find_phrases(code_points: Any, start: int, end: int, classes: Any, phrases: Any) -> int:
    """The bits of all phrases in code_points[start:end]."""
    found = 0
    if not _may_have_phrase(code_points[start:end]):
        return found
    for at in range(start, end):
        if classes[code_points[at]] & PHRASE_ANCHOR:
            letter = _lower(code_points[at])
            for phrase in range(len(phrases.anchors)):
                if phrases.letters[phrase] == letter and _is_phrase_at(
                    code_points, start, end, at - phrases.anchors[phrase], phrases, phrase
                ):
                    found |= phrases.bits[phrase]
    return found


@lean_kernel
def _may_have_phrase(line: Any) -> bool:
    """Whether some TRACE of a phrase is in the line: without branches, so that it is compiled to vectors."""
    least = np.uint32(1)
    for at in range(len(line) - 2):
        first, second, third = line[at] | CASE, line[at + 1] | CASE, line[at + 2] | CASE
        least = min(least, (first ^ IPS[0]) | (second ^ IPS[1]) | (third ^ IPS[2]))
        least = min(least, (first ^ JAV[0]) | (second ^ JAV[1]) | (third ^ JAV[2]))
        least = min(least, (first ^ F_U[0]) | (second ^ F_U[1]) | (third ^ F_U[2]))
        least = min(least, (first ^ VAC[0]) | (second ^ VAC[1]) | (third ^ VAC[2]))
        least = min(least, (first ^ COO[0]) | (second ^ COO[1]) | (third ^ COO[2]))
    return bool(least == 0)


@lean_kernel
def _is_phrase_at(code_points: Any, start: int, end: int, at: int, phrases: Any, phrase: int) -> bool:
    first, last = phrases.offsets[phrase], phrases.offsets[phrase + 1]
    if at < start or at + last - first > end:
        return False
    for i in range(last - first):  # noqa: SIM110
        if _lower(code_points[at + i]) != phrases.characters[first + i]:
            return False
    return True


@lean_kernel
def _lower(code_point: int) -> int:
    """str.lower for the characters that become ASCII letters."""
    if UPPER_A <= code_point <= UPPER_Z:
        return code_point + TO_LOWER
    return LOWER_K if code_point == KELVIN else code_point

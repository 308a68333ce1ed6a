"""Make tables.npz, what datatrove's normalisation makes of every character: `python -m dedup.datatrove.make_tables`.

The table is shipped, so that signatures are the same on every machine, whatever Unicode its Python knows, and
datatrove is not needed there. It is made from datatrove's own sets and patterns.
"""

import unicodedata
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from datatrove.utils.text import NUMBERS_PATTERN, PUNCTUATION_TRANS

from dedup.datatrove.simplify import (
    CASED,
    DROPPED,
    DROPPED_STARTER,
    EXPANDED,
    IGNORABLE,
    N_CODE_POINTS,
    NUMBER,
    NUMBER_SEPARATORS,
    REPLACEMENT,
    SIGMA,
    SPACE,
)

TABLES = Path(__file__).with_name("tables.npz")
SURROGATES = range(0xD800, 0xE000)
CAPITAL_SIGMA, SMALL_SIGMA, FINAL_SIGMA = "Σ", "σ", "ς"


def make_tables() -> Mapping[str, npt.NDArray[np.generic]]:
    """All arrays of the shipped file, by name."""
    simple = np.empty(N_CODE_POINTS, np.uint32)
    expansions: list[int] = []
    for code_point in range(N_CODE_POINTS):
        if code_point in SURROGATES:
            simple[code_point] = REPLACEMENT
            continue
        character = chr(code_point)
        kept = _simplified(character)
        if character == CAPITAL_SIGMA:
            simple[code_point] = SIGMA
        elif NUMBERS_PATTERN.fullmatch(character):
            simple[code_point] = NUMBER
        elif len(kept) == 1 and not unicodedata.combining(kept):
            simple[code_point] = ord(kept)
        elif not kept:
            simple[code_point] = DROPPED if _has_class(character) else DROPPED_STARTER
        else:
            simple[code_point] = EXPANDED | len(expansions)
            expansions += [len(kept), *map(ord, kept)]
    return {
        "offsets": simple - np.arange(N_CODE_POINTS, dtype=np.uint32),  # mostly 0, which packs well
        "expansions": np.array(expansions, np.uint32),
        "classes": _combining_classes(),
        "case": _case_bits(),
        "unicode_version": np.array(unicodedata.unidata_version),
    }


def _simplified(character: str) -> str:
    """What is left of one character in any text, but for runs of spaces, numbers, and the two small sigmas."""
    lowered = character.lower()
    if not NUMBERS_PATTERN.fullmatch(character) and any(map(NUMBERS_PATTERN.fullmatch, lowered)):
        raise AssertionError(f"{character!r} becomes a number only in lower case")
    if lowered != character and set(map(ord, lowered)) & set(NUMBER_SEPARATORS):
        raise AssertionError(f"{character!r} becomes a decimal point only in lower case")
    spaced = "".join(" " if c.isspace() else c for c in lowered.translate(PUNCTUATION_TRANS))
    if spaced == " ":
        return spaced
    decomposed = unicodedata.normalize("NFD", spaced)
    if any(ord(c) == SPACE or c.isspace() for c in decomposed):
        raise AssertionError(f"{character!r} is more than a space")
    kept = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    dropped_starters = [c for c in decomposed if unicodedata.category(c) == "Mn" and not unicodedata.combining(c)]
    if dropped_starters and any(map(unicodedata.combining, kept)):
        raise AssertionError(f"{character!r} holds a mark that others are not ordered over")
    return kept


def _has_class(character: str) -> bool:
    """Whether all it decomposes to may change places with other marks."""
    return all(unicodedata.combining(c) for c in unicodedata.normalize("NFD", character))


def _combining_classes() -> npt.NDArray[np.uint32]:
    """(code point, canonical combining class) of the marks that stay and may change places, sorted; shape (n, 2)."""
    found = []
    for code_point in range(N_CODE_POINTS):
        character = chr(code_point)
        if unicodedata.combining(character) and unicodedata.category(character) != "Mn":
            found.append((code_point, unicodedata.combining(character)))
    return np.array(found, np.uint32)


def _case_bits() -> npt.NDArray[np.uint8]:
    """Which characters Python looks past, and looks for, to tell whether a capital sigma ends a word."""
    bits = np.zeros(N_CODE_POINTS, np.uint8)
    for code_point in range(N_CODE_POINTS):
        character = chr(code_point)
        ends_alone = (character + CAPITAL_SIGMA).lower().endswith(FINAL_SIGMA)
        ends_behind_a_letter = ("a" + character + CAPITAL_SIGMA).lower().endswith(FINAL_SIGMA)
        if ends_alone:
            bits[code_point] = CASED
        elif ends_behind_a_letter:
            bits[code_point] = IGNORABLE
    return bits


def main() -> None:
    """Write the table beside this file."""
    np.savez_compressed(TABLES, **make_tables())  # type: ignore[arg-type]


if __name__ == "__main__":
    main()

"""The tables of spaCy's special cases: strings that are split in a way of their own. Not needed at run time.

spaCy uses a special case twice: while it cuts a chunk, whatever is left may be one; and once a text is split, words in
a row that are what the rules alone make of a special case are split again as it says. See quality/words/specials.py.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.attrs import ORTH

from quality.words.hashing import SLOT_BITS, SPECIAL_SLOTS, hash_of, pair_slot
from quality.words.splitters import LANGUAGES

MOST_WORDS = 255


def special_tables(tokenizers: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """The special cases of all languages: strings with the lengths of their words, and rows of words.

    An entry i of a table `x` has the characters x_chars[x_char_starts[i]:x_char_starts[i + 1]], and words of the
    lengths x_lengths[x_length_starts[i]:x_length_starts[i + 1]]. `x_slots[splitter]` finds entries by hash.
    """
    cases = {language: _cases(tokenizer) for language, tokenizer in tokenizers.items()}
    rows = {language: _rows(tokenizer) for language, tokenizer in tokenizers.items()}
    pairs = np.zeros((1 + len(LANGUAGES), SPECIAL_SLOTS), np.uint8)
    for language, found in rows.items():
        for words in found:
            pairs[1 + LANGUAGES.index(language), pair_slot(ord(words[0][-1]), ord(words[1][0]))] = 1
    return (
        _table("special", {language: found.items() for language, found in cases.items()})
        | _table("row", {language: [("".join(words), words) for words in found] for language, found in rows.items()})
        | {
            "pairs": pairs,
            "most_special_chars": _most(cases, lambda case: len(case)),
            "most_row_chars": _most(rows, lambda words: sum(map(len, words))),
            "most_row_words": _most(rows, len),
        }
    )


def _cases(tokenizer: Any) -> dict[str, list[str]]:
    """Each special case with its words; whitespace alone is none of ours."""
    return {
        case: [word[ORTH] for word in words] for case, words in sorted(tokenizer.rules.items()) if not case.isspace()
    }


def _rows(tokenizer: Any) -> list[tuple[str, ...]]:
    """The rows of words that are matched again.

    A row of one word is left out: the rules leave such a string whole, so it was looked up before.
    """
    without_cases = type(tokenizer)(
        tokenizer.vocab,
        prefix_search=tokenizer.prefix_search,
        suffix_search=tokenizer.suffix_search,
        infix_finditer=tokenizer.infix_finditer,
        token_match=tokenizer.token_match,
        url_match=tokenizer.url_match,
    )
    found = set()
    for case in _cases(tokenizer):
        if tokenizer.find_prefix(case) or tokenizer.find_infix(case) or tokenizer.find_suffix(case) or " " in case:
            row = tuple(token.text for token in without_cases(case))
            if len(row) > 1:
                found.add(row)
    return sorted(found)


def _most(found: Mapping[str, Iterable[Any]], size: Any) -> npt.NDArray[np.int32]:
    return np.array([0] + [max(map(size, found[language]), default=0) for language in LANGUAGES], np.int32)


def _table(name: str, entries: Mapping[str, Iterable[tuple[str, Iterable[str]]]]) -> dict[str, npt.NDArray[Any]]:
    slots = np.full((1 + len(LANGUAGES), SPECIAL_SLOTS), -1, np.int16)
    chars: list[int] = []
    lengths: list[int] = []
    char_starts = [0]
    length_starts = [0]
    for language in LANGUAGES:
        splitter = 1 + LANGUAGES.index(language)
        for text, words in entries[language]:
            slot = hash_of(map(ord, text)) >> (64 - SLOT_BITS)
            while slots[splitter, slot] >= 0:
                slot = (slot + 1) % SPECIAL_SLOTS
            slots[splitter, slot] = len(char_starts) - 1
            chars += map(ord, text)
            lengths += map(len, words)
            char_starts.append(len(chars))
            length_starts.append(len(lengths))
    return {
        f"{name}_slots": slots,
        f"{name}_chars": np.array(chars, np.uint32),
        f"{name}_char_starts": np.array(char_starts, np.int32),
        f"{name}_lengths": np.array(lengths, np.uint8),
        f"{name}_length_starts": np.array(length_starts, np.int32),
    }

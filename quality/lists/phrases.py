"""Phrases found in text: one pass, whatever their number (Aho and Corasick 1975), letters of any case.

The alphabet is the characters that phrases use, the others are one symbol more, so that the table of moves is small.
A phrase is a whole word or several: what stands beside its ends must not go on with the word. Where a script has no
spaces (Chinese, Japanese, Thai, ...) nothing tells where a word ends, so phrases that begin or end in such a script
are found inside longer runs.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.characters import CJK, N_CODE_POINTS, PUNCTUATION, SPACE, SYMBOL, class_table
from quality.kernel import kernel

START = 0  # the state before any character
OTHER = 0  # the symbol of all characters that no phrase has
NONE = -1

MAX_MOVES = 1 << 27  # entries of the table, of four bytes: 512 MiB

# Scripts written without spaces beside those that the class CJK covers, as ranges of code points.
UNSPACED_SCRIPTS = (
    range(0x0E00, 0x0F00),  # Thai, Lao
    range(0x1000, 0x10A0),  # Myanmar
    range(0x1780, 0x1800),  # Khmer
)


States = npt.NDArray[np.int32]


class TooManyPhrases(ValueError):
    """The phrases need a larger table than MAX_MOVES."""


class Phrases(NamedTuple):
    """An automaton over symbols; a state stands for the longest beginning of a phrase that the text ends with."""

    symbols: npt.NDArray[np.uint16]  # of every code point, shape (0x110000,)
    moves: npt.NDArray[np.int32]  # the next state, by state and symbol
    ending: npt.NDArray[np.int32]  # by state, the phrase that it is, or NONE
    longest: npt.NDArray[np.int32]  # by state, the longest that is a phrase and at its end, itself included; or START
    shorter: npt.NDArray[np.int32]  # by state, the next shorter one of those
    n_chars: npt.NDArray[np.int32]  # by phrase
    after_word: npt.NDArray[np.bool_]  # by phrase: may stand right after a letter or digit
    before_word: npt.NDArray[np.bool_]


def phrases_of(entries: Sequence[str], anywhere: bool = False) -> Phrases:
    """The automaton of `entries`, as `normal_phrase` writes them; of equal ones the first counts.

    With `anywhere` they are found inside words too. Raises TooManyPhrases, ValueError for an empty entry.
    """
    alphabet = {character: number for number, character in enumerate(sorted(set("".join(entries))), 1)}
    trie = _Trie([[alphabet[character] for character in entry] for entry in entries])
    if len(trie.children) * (len(alphabet) + 1) > MAX_MOVES:
        raise TooManyPhrases(
            f"{len(entries):,} phrases with {len(alphabet):,} different characters need a table of "
            f"{len(trie.children):,} x {len(alphabet) + 1:,}: name fewer, or the lists of each language apart."
        )
    moves, ending, longest, shorter = _automaton(trie, len(alphabet) + 1)
    return Phrases(
        _symbols(alphabet),
        moves,
        ending,
        longest,
        shorter,
        np.array([len(entry) for entry in entries], np.int32),
        np.array([anywhere or not _is_word_character(entry[0]) for entry in entries], np.bool_),
        np.array([anywhere or not _is_word_character(entry[-1]) for entry in entries], np.bool_),
    )


def normal_phrase(entry: str) -> str:
    """In lower case, with single spaces: how text is looked at."""
    return " ".join("".join(_lower(character) for character in entry).split())


def _lower(character: str) -> str:
    """A character's lower case where that is one character."""
    lower = character.lower()
    return lower if len(lower) == 1 else character


class _Trie:
    """The beginnings of phrases: of each its continuations, and the phrase that it is."""

    def __init__(self, phrases: Sequence[Sequence[int]]) -> None:
        self.children: list[dict[int, int]] = [{}]
        self.ending = [NONE]
        for number, phrase in enumerate(phrases):
            if not phrase:
                raise ValueError(f"phrase {number} is empty")
            state = START
            for symbol in phrase:
                state = self._child(state, symbol)
            if self.ending[state] == NONE:
                self.ending[state] = number

    def _child(self, state: int, symbol: int) -> int:
        if symbol not in self.children[state]:
            self.children[state][symbol] = len(self.children)
            self.children.append({})
            self.ending.append(NONE)
        return self.children[state][symbol]


def _automaton(trie: _Trie, n_symbols: int) -> tuple[States, States, States, States]:
    """`moves` to `shorter` of Phrases, breadth first: a state moves like its longest suffix where it has no child."""
    n_states = len(trie.children)
    moves = np.zeros((n_states, n_symbols), np.int32)
    ending = np.array(trie.ending, np.int32)
    longest = np.zeros(n_states, np.int32)
    shorter = np.zeros(n_states, np.int32)
    waiting = deque([(START, START)])  # states with their longest suffix
    while waiting:
        state, suffix = waiting.popleft()
        moves[state] = moves[suffix]
        shorter[state] = longest[suffix]
        longest[state] = state if ending[state] != NONE else shorter[state]
        for symbol, child in trie.children[state].items():
            waiting.append((child, int(moves[suffix, symbol]) if state != START else START))
            moves[state, symbol] = child
    return moves, ending, longest, shorter


def _symbols(alphabet: dict[str, int]) -> npt.NDArray[np.uint16]:
    symbols = np.full(N_CODE_POINTS, OTHER, np.uint16)
    for character, number in alphabet.items():
        for same in (character, character.upper(), character.title()):
            if len(same) == 1 and _lower(same) == character:
                symbols[ord(same)] = number
    return symbols


def _is_word_character(character: str) -> bool:
    code_point = ord(character)
    spaced = not any(code_point in script for script in UNSPACED_SCRIPTS)
    return spaced and bool(is_word_character(class_table()[code_point]))


@kernel
def is_word_character(kind: int) -> bool:
    """Whether a character of these classes is part of a word written with spaces around it."""
    return not kind & (SPACE | PUNCTUATION | SYMBOL | CJK)


@kernel
def find_phrases(code_points: Any, start: int, end: int, classes: Any, phrases: Any, found: Any) -> None:
    """Put into found[at] the longest phrase in code_points[start:end] whose last character is at `at`, or NONE.

    One loop without calls that take arrays: counting references to them would take most of the time.
    """
    state = START
    for at in range(start, end):
        found[at] = NONE
        state = phrases.moves[state, phrases.symbols[code_points[at]]]
        shorter = phrases.longest[state]
        while shorter != START:
            phrase = phrases.ending[shorter]
            first = at + 1 - phrases.n_chars[phrase]
            cut_before = first > start and is_word_character(classes[code_points[first - 1]])
            cut_after = at + 1 < end and is_word_character(classes[code_points[at + 1]])
            if (phrases.after_word[phrase] or not cut_before) and (phrases.before_word[phrase] or not cut_after):
                found[at] = phrase
                break
            shorter = phrases.shorter[shorter]


@kernel
def with_single_spaces(code_points: Any, n_chars: int, classes: Any) -> int:
    """Put one space for every run of whitespace, in place; how many characters are left."""
    kept = 0
    for at in range(n_chars):
        if not classes[code_points[at]] & SPACE:
            code_points[kept] = code_points[at]
            kept += 1
        elif kept == 0 or code_points[kept - 1] != 0x20:
            code_points[kept] = 0x20
            kept += 1
    return kept

"""Decontamination as its definition says it: plain Python over sets of tuples, the answer that kernels are held to."""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from quality.characters import CJK, class_table

DASHES = "\u2012\u2013\u2014\u2015"


class Word(NamedTuple):
    text: str  # folded
    start: int  # bytes of the document
    end: int
    says_something: bool

    @property
    def is_cjk(self) -> bool:
        return bool(class_table()[ord(self.text[0])] & CJK)


class Found(NamedTuple):
    n_grams: int
    covered_bytes: frozenset[int]
    items: frozenset[int]


def folded(character: str) -> str:
    """One character as it is compared; empty: dropped; a space: it separates."""
    if character.isspace() or unicodedata.category(character)[0] == "Z" or character in DASHES:
        return " "
    if unicodedata.category(character)[0] not in "LN" and unicodedata.category(character) != "Mc":
        return ""
    return without_marks(without_marks(character).lower())


def without_marks(text: str) -> str:
    letters = [part for part in unicodedata.normalize("NFKD", text) if unicodedata.category(part) != "Mn"]
    return letters[0] if len(letters) == 1 else text[0]


def words(document: str) -> list[Word]:
    found: list[Word] = []
    letters: list[tuple[str, int, int]] = []

    def finish() -> None:
        if letters:
            text = "".join(letter for letter, _, _ in letters)
            n_letters = sum(unicodedata.category(document_char)[0] != "N" for document_char in spelled)
            found.append(Word(text, letters[0][1], letters[-1][2], n_letters >= 2))
        letters.clear()
        spelled.clear()

    spelled: list[str] = []
    at = 0
    for character in document:
        end = at + len(character.encode())
        letter = folded(character)
        if letter == " ":
            finish()
        elif letter and class_table()[ord(character)] & CJK:
            finish()
            found.append(Word(letter, at, end, True))
        elif letter:
            letters.append((letter, at, end))
            spelled.append(character)
        at = end
    finish()
    return found


def grams(text: Sequence[Word], n: int) -> list[tuple[int, int]]:
    """All n-grams of a text's words, as ranges of them."""
    found = []
    for end in range(n, len(text) + 1):
        mostly_cjk = 2 * sum(word.is_cjk for word in text[end - n : end]) > n
        size = 2 * n if mostly_cjk else n
        if size <= end:
            found.append((end - size, end))
    return found


def key(text: Sequence[Word]) -> tuple[str, ...]:
    return tuple(word.text for word in text)


def says_something(text: Sequence[Word]) -> bool:
    return 2 * sum(word.says_something for word in text) >= len(text)


def index(texts: Sequence[str], items: Sequence[int], n: int, shortest: int) -> dict[tuple[str, ...], set[int]]:
    """The items of every gram."""
    found: dict[tuple[str, ...], set[int]] = {}
    for text, item in zip(texts, items, strict=True):
        of_text = words(text)
        ranges = grams(of_text, n)
        if not ranges and 2 * len(of_text) - sum(word.is_cjk for word in of_text) >= 2 * shortest:
            ranges = [(0, len(of_text))]
        for start, end in ranges:
            if says_something(of_text[start:end]):
                found.setdefault(key(of_text[start:end]), set()).add(item)
    return found


def found_in(document: str, of: dict[tuple[str, ...], set[int]], n: int) -> Found:
    """What stands in a document, by looking up every run of its words that is as long as some gram."""
    of_document = words(document)
    own_ngrams = set(grams(of_document, n))
    ngram_sizes = {n, 2 * n}
    n_grams = 0
    covered: set[int] = set()
    items: set[int] = set()
    for size in {len(gram) for gram in of}:
        for start in range(len(of_document) - size + 1):
            part = of_document[start : start + size]
            if key(part) in of and (size not in ngram_sizes or (start, start + size) in own_ngrams):
                n_grams += 1
                covered |= set(range(part[0].start, part[-1].end))
                items |= of[key(part)]
    return Found(n_grams, frozenset(covered), frozenset(items))


def verbatim_found_in(document: str, texts: Sequence[str], min_bytes: int) -> Found:
    """Common stretches of `min_bytes` without whitespace, or whole texts of half of that; by brute force."""
    data = document.encode()
    places = [i for i, byte in enumerate(data) if byte > 0x20]
    stripped = bytes(data[i] for i in places).lower()
    covered: set[int] = set()
    items = set()
    for item, text in enumerate(texts):
        wanted = bytes(byte for byte in text.encode() if byte > 0x20).lower()
        if len(wanted) < min_bytes // 2:
            continue
        size = min(min_bytes, len(wanted))
        windows = {wanted[i : i + size] for i in range(len(wanted) - size + 1)}
        for start in range(len(stripped) - size + 1):
            if stripped[start : start + size] in windows:
                items.add(item)
                covered |= set(range(places[start], places[start + size - 1] + 1))
    return Found(0, frozenset(covered), frozenset(items))


def ranges_of(covered: frozenset[int]) -> list[tuple[int, int]]:
    """Bytes as the ranges that they form."""
    ordered = sorted(covered)
    breaks = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(ordered)) if b != a + 1), len(ordered)]
    return [(ordered[a], ordered[b - 1] + 1) for a, b in pairwise(breaks) if b > a]

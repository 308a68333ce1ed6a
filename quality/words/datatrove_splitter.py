"""datatrove's own word splitters, in Python: for the setting `words: datatrove`. A few hundred times slower.

datatrove has a splitter for each of a thousand languages, by spaCy, Kiwi, Stanza and others, each a package of its own.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quality.arrow_text import text_buffers
from quality.characters import REPLACEMENT, decode
from quality.words.splitters import UNKNOWN_LANGUAGES

Positions = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]
Span = tuple[int, int]

# datatrove 0.10 finds other scripts' or languages' splitters under these codes of two letters.
DATATROVE_CODES = {"zh": "cmn_Hani", "ar": "ar_Arab", "tt": "tat_Cyrl"}
DEFAULT_CODE = "en"  # what its filters take where no language is given
FALLBACK_CODE = "eo"  # spaCy's tokenizer for no language in particular, for a language that datatrove does not list

LONG_NUMBER = re.compile("[0-9,]{20,}")  # datatrove takes these away before Kiwi sees a text
SURROGATES = (0xD800, 0xDFFF)


class MissingSplitter(ImportError):
    """A package that datatrove's splitter of a language needs is not installed."""


def datatrove_words(
    texts: pa.StringArray | pa.LargeStringArray, languages: pa.StringArray
) -> tuple[Positions, Positions, Offsets]:
    """The words of n texts as datatrove splits them: (starts, ends, offsets).

    The words of text i are those from offsets[i] up to offsets[i + 1]; a word is text[starts[w]:ends[w]], in characters
    as `quality.characters.decode` counts them. Words are in order; Korean ones may overlap, as two morphemes may share
    a syllable. `languages` are ISO 639 codes; unknown ones are split as English. Raises MissingSplitter, before any
    text is split, where the splitter of a language is not installed.
    """
    codes = [_datatrove_code(language) for language in languages.to_pylist()]
    splitters = {code: _splitter(code) for code in sorted(set(codes))}
    data, byte_offsets = text_buffers(texts)
    spans: list[Span] = []
    offsets = np.zeros(len(codes) + 1, np.int64)
    for i, code in enumerate(codes):
        spans += _spans(_characters(data, byte_offsets[i], byte_offsets[i + 1]), splitters[code])
        offsets[i + 1] = len(spans)
    positions = np.array(spans, np.int32).reshape(-1, 2)
    return positions[:, 0].copy(), positions[:, 1].copy(), offsets


def _datatrove_code(language: str | None) -> str:
    if language is None or language in UNKNOWN_LANGUAGES:
        return DEFAULT_CODE
    return DATATROVE_CODES.get(language, language)


@cache
def _splitter(code: str) -> Any:
    """datatrove's splitter, tried once, so that what it lacks is known before it is needed."""
    try:
        from datatrove.utils.word_tokenizers import load_tokenizer_assignments, load_word_tokenizer

        splitter = load_word_tokenizer(code if code in load_tokenizer_assignments() else FALLBACK_CODE)
        splitter.word_tokenize("a")
    except ImportError as error:
        raise MissingSplitter(
            f"datatrove's word splitter for the language {code!r} is not installed: {error} "
            "Install the package it names, or leave out `words: datatrove`."
        ) from error
    return splitter


def _characters(data: npt.NDArray[np.uint8], start: int, end: int) -> str:
    """The text as the kernels decode it, without surrogates, which no splitter takes."""
    code_points = np.empty(max(1, end - start), np.uint32)
    code_points = code_points[: decode(data, start, end, code_points)]
    code_points[(code_points >= SURROGATES[0]) & (code_points <= SURROGATES[1])] = REPLACEMENT
    return code_points.tobytes().decode("utf-32-le")


def _spans(text: str, splitter: Any) -> Iterator[Span]:
    if not text:
        return iter(())
    if type(splitter).__name__ == "KiwiTokenizer":
        return _kiwi_spans(text, splitter)
    return _found_in_order(text, splitter.word_tokenize(text))


def _found_in_order(text: str, words: list[str]) -> Iterator[Span]:
    """Where each word stands, behind the one before.

    A word that is not there (some splitters change characters) stands for as many characters at the next place.
    """
    at = 0
    for word in words:
        start = text.find(word, at)
        if start < 0:
            start = min(at, len(text) - 1)
        at = min(start + len(word), len(text))
        yield start, at


def _kiwi_spans(text: str, splitter: Any) -> Iterator[Span]:
    """Kiwi's morphemes, as datatrove's KiwiTokenizer.word_tokenize takes them: where they stand, stripped."""
    kept = np.ones(len(text), np.bool_)
    for number in LONG_NUMBER.finditer(text):
        kept[number.start() : number.end()] = False
    places = np.flatnonzero(kept)
    seen = splitter.preprocess(text)
    for token in splitter.tokenizer.tokenize(seen):
        word = seen[token.start : token.end]
        start = token.start + len(word) - len(word.lstrip())
        end = token.start + len(word.rstrip())
        if start < end:
            yield int(places[start]), int(places[end - 1]) + 1

"""What differs from language to language, read from languages.yaml, and as the arrays that kernels read."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict

from quality.prose.hashing import text_key

ENGLISH = "en"  # also what an unknown language counts as: datatrove's filters do by default
UNKNOWN_LANGUAGES = frozenset({None, "", "und", "unknown"})
# Where a stop word is looked for.
WHOLE_WORD, ENDING, ANYWHERE = range(3)
MATCHES = {"words": WHOLE_WORD, "endings": ENDING, "characters": ANYWHERE}

MAX_STOP_WORD_CHARS = 12
STOP_WORD_PLACES = 256  # of a language's table: at most MAX_STOP_WORDS, so a quarter is full
MAX_STOP_WORDS = 64  # of a language: those seen are the bits of one number


class Language(BaseModel):
    """One entry of languages.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    is_spaced: bool
    stop_words_match: Literal["words", "endings", "characters"]
    stop_words: tuple[str, ...]
    bounds: dict[str, dict[str, float]]


@cache
def languages() -> Mapping[str, Language]:
    """By ISO 639 code."""
    read = yaml.safe_load(files("quality.prose").joinpath("languages.yaml").read_text("utf-8"))
    return {code: Language.model_validate(entry) for code, entry in read.items()}


class LanguageTraits(NamedTuple):
    """The languages as kernels read them; row i is for language i of `languages()`, the last for others."""

    is_spaced: Any  # bool, shape (n,)
    is_english: Any  # bool, shape (n,)
    stop_words_match: Any  # int64, shape (n,)
    stop_word_keys: Any  # uint64, shape (n, STOP_WORD_PLACES); 0 is an empty place
    stop_word_numbers: Any  # int64, likewise: below MAX_STOP_WORDS


@cache
def language_traits() -> LanguageTraits:
    """The traits of all languages, and of every other."""
    known = languages().values()
    keys = np.zeros((len(known) + 1, STOP_WORD_PLACES), np.uint64)
    numbers = np.zeros((len(known) + 1, STOP_WORD_PLACES), np.int64)
    for row, language in enumerate(known):
        _fill(keys[row], numbers[row], language.stop_words)
    return LanguageTraits(
        np.array([*(language.is_spaced for language in known), True]),
        np.array([*(code == ENGLISH for code in languages()), False]),
        np.array([*(MATCHES[language.stop_words_match] for language in known), WHOLE_WORD]),
        keys,
        numbers,
    )


def _fill(keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64], words: Iterable[str]) -> None:
    for number, word in enumerate(words):
        if len(word) > MAX_STOP_WORD_CHARS or number >= MAX_STOP_WORDS:
            raise ValueError(f"Stop word {word!r} is too long, or one too many.")
        key = stop_word_key(word)
        place = key % STOP_WORD_PLACES
        while keys[place]:
            place = (place + 1) % STOP_WORD_PLACES
        keys[place], numbers[place] = key, number


def stop_word_key(word: str) -> int:
    """The word's key in a table."""
    return int(text_key(np.array(list(map(ord, word)), np.uint32), 0, len(word)))


def language_rows(codes: pa.StringArray) -> npt.NDArray[np.int64]:
    """The row of `language_traits` for each document, by its identified language; shape (n,)."""
    encoded = codes.dictionary_encode()
    rows = {code: row for row, code in enumerate(languages())}
    others = len(rows)
    of_code = [
        rows[ENGLISH] if code in UNKNOWN_LANGUAGES else rows.get(code, others)
        for code in encoded.dictionary.to_pylist()
    ]
    indices = encoded.indices.fill_null(len(of_code)).to_numpy(zero_copy_only=False)
    found: npt.NDArray[np.int64] = np.array([*of_code, rows[ENGLISH]], np.int64)[indices]
    return found

"""The compiled word splitters: their numbers, and which one a document's language gets."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SIMPLE = 0  # quality/words/simple.py: scripts without spaces
# spaCy's tokenizers, compiled, in the order of their numbers; `xx` is its splitter for no language in particular.
LANGUAGES = ("en", "de", "fr", "es", "ru", "it", "pt", "nl", "pl", "sv", "da", "cs", "fi", "uk", "xx")
ENGLISH, GERMAN, FRENCH, SPANISH, RUSSIAN = range(1, 6)
MULTILINGUAL = 1 + LANGUAGES.index("xx")
SPLITTERS: Mapping[str, int] = {
    "simple": SIMPLE,
    "english": ENGLISH,
    "german": GERMAN,
    "french": FRENCH,
    "spanish": SPANISH,
    "russian": RUSSIAN,
}

# ISO 639 codes of identified languages. A language that is not known is split as English, as datatrove's filters
# do by default.
SPLITTER_OF_LANGUAGE: Mapping[str, int] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "ru": RUSSIAN,
}
UNKNOWN_LANGUAGES = frozenset({None, "", "und", "unknown"})


def splitter_of(language: str | None) -> int:
    """The number of the splitter for a language, as an ISO 639 code; None, "" and "und" are unknown."""
    if language in UNKNOWN_LANGUAGES:
        return ENGLISH
    return SPLITTER_OF_LANGUAGE.get(str(language), SIMPLE)


def splitter_numbers(languages: pa.StringArray) -> npt.NDArray[np.int8]:
    """The number of the splitter of each document, by its identified language (null: unknown); shape (n,)."""
    encoded = languages.dictionary_encode()
    numbers = np.array([splitter_of(language) for language in encoded.dictionary.to_pylist()] + [ENGLISH], np.int8)
    indices = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    chosen: npt.NDArray[np.int8] = numbers[indices]
    return chosen

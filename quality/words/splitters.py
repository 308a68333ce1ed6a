"""The compiled word splitters: their numbers, and which one a document's language gets."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SIMPLE = 0  # quality/words/simple.py: for scripts without spaces
# spaCy's tokenizers, compiled, in the order of their numbers; new ones come last. `xx` is its tokenizer for no language
# in particular, and for many languages that it has no rules of their own for.
LANGUAGES = (
    *("en", "de", "fr", "es", "ru", "it", "pt", "nl", "pl", "sv", "da", "fi", "uk", "ca", "el", "fa", "nb", "ro"),
    *("sr", "bg", "mk", "la", "ga", "ky", "tt", "lt", "ar", "xx"),
)
ENGLISH, GERMAN, FRENCH, SPANISH, RUSSIAN = range(1, 6)
MULTILINGUAL = 1 + LANGUAGES.index("xx")

SPLITTERS: Mapping[str, int] = {"simple": SIMPLE} | {language: i for i, language in enumerate(LANGUAGES, 1)}

# Languages (ISO 639) that datatrove 0.10 splits by the tokenizer of a related one.
RELATIVES: Mapping[str, str] = {
    **dict.fromkeys(("fy", "sco", "frr"), "en"),
    **dict.fromkeys(("bar",), "de"),
    **dict.fromkeys(("wa", "rm"), "fr"),
    **dict.fromkeys(("oc", "ast", "an", "mwl", "sc", "co"), "es"),
    **dict.fromkeys(("rue",), "ru"),
    **dict.fromkeys(("scn", "nap"), "it"),
    **dict.fromkeys(("nds", "li", "vls"), "nl"),
    **dict.fromkeys(("vep",), "fi"),
    **dict.fromkeys(("azb",), "fa"),
    **dict.fromkeys(("no", "nn"), "nb"),
    **dict.fromkeys(("bs",), "sr"),
    **dict.fromkeys(("ba",), "tt"),
    **dict.fromkeys(("arz",), "ar"),
}
# Written without spaces between words, or (Korean) split into morphemes by others: no rule here finds their words.
WITHOUT_RULES = frozenset({"zh", "yue", "wuu", "ja", "ko", "th", "lo", "km", "my", "bo", "dz"})
UNKNOWN_LANGUAGES = frozenset({None, "", "und", "unknown"})


def splitter_of(language: str | None) -> int:
    """The number of the splitter for an identified language, an ISO 639 code; None, "" and "und" are unknown.

    An unknown language is split as English, as datatrove's filters do by default. A language that has no tokenizer of
    its own here, but spaces between its words, gets spaCy's for no language in particular.
    """
    if language is None or language in UNKNOWN_LANGUAGES:
        return ENGLISH
    if language in WITHOUT_RULES:
        return SIMPLE
    return SPLITTERS.get(RELATIVES.get(language, language), MULTILINGUAL)


def splitter_numbers(languages: pa.StringArray) -> npt.NDArray[np.int8]:
    """The number of the splitter of each document, by its identified language (null: unknown); shape (n,)."""
    encoded = languages.dictionary_encode()
    numbers = np.array([splitter_of(language) for language in encoded.dictionary.to_pylist()] + [ENGLISH], np.int8)
    indices = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    chosen: npt.NDArray[np.int8] = numbers[indices]
    return chosen

"""Prose: counts of characters, lines and words, for the rules that know what good text looks like."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quality.characters import class_table, decode
from quality.kernel import kernel
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup
from quality.tallies import TALLIES, count_characters, count_lines, count_words, stop_word_keys
from quality.words.cache import new_word_cache
from quality.words.split import split_words
from quality.words.splitters import splitter_numbers
from quality.words.tables import word_tables

PROSE_SCHEMA = pa.schema(
    [
        ("n_bytes", pa.int64()),  # of UTF-8
        ("n_chars", pa.int64()),  # Unicode code points
        ("n_lines", pa.int64()),  # of str.splitlines
        ("max_line_chars", pa.int64()),  # without the line's end
        ("mean_line_chars", pa.float64()),
        ("alphabetic_share", pa.float64()),  # letters / characters
        ("n_words", pa.int64()),  # see quality/words/
        ("n_non_symbol_words", pa.int64()),  # words that are not symbols alone
        ("mean_word_chars", pa.float64()),  # of those
        ("hash_to_word_ratio", pa.float64()),  # number of # / all words
        ("ellipsis_to_word_ratio", pa.float64()),  # number of ... and … / all words
        ("bullet_line_share", pa.float64()),  # lines that begin with • or - / lines
        ("ellipsis_line_share", pa.float64()),  # lines that end with ... or … / lines
        ("words_with_letter_share", pa.float64()),  # of all words
        ("n_distinct_stop_words", pa.int64()),  # of Gopher's eight
    ]
)


class ProseSettings(GroupSettings):
    """Settings of the group `prose`: none yet."""


def measure(documents: Documents, _settings: ProseSettings) -> Measured:
    """PROSE_SCHEMA for every document.

    A ratio whose denominator is zero is zero, so an empty document (a null counts as one) has zeros.
    """
    data, offsets = documents.buffers
    tallies = np.zeros(len(offsets) - 1, TALLIES)
    splitters = splitter_numbers(documents.language)
    words = (word_tables(), new_word_cache())
    _tally_all(data, offsets, class_table(), words, splitters, stop_word_keys(), tallies)
    columns = _signals(tallies)
    return Measured({field.name: pa.array(columns[field.name], field.type) for field in PROSE_SCHEMA})


@kernel
def _tally_all(
    data: Any, offsets: Any, classes: Any, words: Any, splitters: Any, stop_words: Any, tallies: Any
) -> None:
    tables, cache = words
    n_documents = len(offsets) - 1
    longest_bytes = 0
    for i in range(n_documents):
        longest_bytes = max(longest_bytes, offsets[i + 1] - offsets[i])
    code_points = np.empty(longest_bytes, np.uint32)
    starts = np.empty(longest_bytes, np.int32)
    ends = np.empty(longest_bytes, np.int32)
    for i in range(n_documents):
        tally = tallies[i]
        tally.n_bytes = offsets[i + 1] - offsets[i]
        n_chars = decode(data, offsets[i], offsets[i + 1], code_points)
        tally.n_chars = n_chars
        count_characters(code_points, n_chars, classes, tally)
        count_lines(code_points, n_chars, classes, tally)
        n_words = split_words(code_points, n_chars, tables, cache, int(splitters[i]), starts, ends)
        count_words(code_points, starts, ends, n_words, classes, stop_words, tally)


def _signals(tallies: npt.NDArray[Any]) -> dict[str, Any]:
    """Every signal that is a count or a ratio of counts."""
    counts = {name: tallies[name] for name in TALLIES.names or () if name in PROSE_SCHEMA.names}
    return counts | {
        "mean_line_chars": _ratio(tallies["n_line_chars"], tallies["n_lines"]),
        "alphabetic_share": _ratio(tallies["n_letters"], tallies["n_chars"]),
        "mean_word_chars": _ratio(tallies["n_non_symbol_word_chars"], tallies["n_non_symbol_words"]),
        "hash_to_word_ratio": _ratio(tallies["n_hashes"], tallies["n_words"]),
        "ellipsis_to_word_ratio": _ratio(tallies["n_ellipses"], tallies["n_words"]),
        "bullet_line_share": _ratio(tallies["n_bullet_lines"], tallies["n_lines"]),
        "ellipsis_line_share": _ratio(tallies["n_ellipsis_lines"], tallies["n_lines"]),
        "words_with_letter_share": _ratio(tallies["n_words_with_letter"], tallies["n_words"]),
    }


def _ratio(counts: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.divide(counts, of, out=np.zeros(len(of), np.float64), where=of > 0)


SIGNALS = SignalGroup(
    name="prose",
    meaning="Counts of characters, lines and words.",
    schema=PROSE_SCHEMA,
    settings=ProseSettings,
    measured_for=frozenset({"text", "code"}),
    measure=measure,
)

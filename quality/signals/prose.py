"""Prose: what the web text rules look at, for text: words, repetition, C4's lines and FineWeb's."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from quality.prose.languages import language_rows, languages
from quality.prose.measure import Words, measure_documents
from quality.prose.tallies import DUPLICATE_NGRAMS, TOP_NGRAMS
from quality.ratios import ratio
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup
from quality.words.datatrove_splitter import datatrove_words
from quality.words.splitters import SIMPLE, splitter_numbers

PROSE_SCHEMA = pa.schema(
    [
        ("n_words", pa.int64()),  # see quality/words/
        ("n_non_symbol_words", pa.int64()),  # words that are not symbols alone
        ("mean_word_chars", pa.float64()),  # of those
        ("hash_to_word_ratio", pa.float64()),  # number of # / all words
        ("ellipsis_to_word_ratio", pa.float64()),  # number of ... and … / all words
        ("bullet_line_share", pa.float64()),  # lines that begin with • or - / lines
        ("ellipsis_line_share", pa.float64()),  # lines that end with ... or … / lines
        ("words_with_letter_share", pa.float64()),  # of all words
        ("n_distinct_stop_words", pa.int64()),  # of the language's; null: it has no list
        ("duplicate_line_share", pa.float64()),  # lines that stood before / lines, parted by newlines
        ("duplicate_line_char_share", pa.float64()),  # their characters / characters
        ("duplicate_paragraph_share", pa.float64()),  # likewise, parted by two or more newlines
        ("duplicate_paragraph_char_share", pa.float64()),
        *((f"top_{n}_gram_char_share", pa.float64()) for n in TOP_NGRAMS),  # of the most frequent one
        *((f"duplicate_{n}_gram_char_share", pa.float64()) for n in DUPLICATE_NGRAMS),  # of those read before
        ("n_kept_lines", pa.int64()),  # lines that C4 keeps; then those that it drops, by the first reason
        ("n_long_word_lines", pa.int64()),
        ("n_lines_without_terminal_punctuation", pa.int64()),
        ("n_few_word_lines", pa.int64()),
        ("n_javascript_lines", pa.int64()),
        ("n_policy_lines", pa.int64()),
        ("n_lorem_ipsum_lines", pa.int64()),  # among the kept
        ("n_curly_bracket_lines", pa.int64()),  # likewise
        ("n_sentences", pa.int64()),  # of the kept lines; counting stops at ten
        ("n_fineweb_lines", pa.int64()),  # not blank; this and what follows is counted in the cleaned text
        ("terminal_line_share", pa.float64()),  # of them, ending in terminal punctuation of any script
        ("short_line_share", pa.float64()),  # of them, with at most 30 characters
        ("fineweb_duplicate_line_char_share", pa.float64()),  # characters of lines that stood before / all but newlines
        ("newline_to_word_ratio", pa.float64()),
    ]
)


class ProseSettings(GroupSettings):
    """Settings of the group `prose`."""

    words: Literal["auto", "simple", "datatrove"] = Field(
        "auto",
        description="How text is split into words: by the compiled splitter of its language, by whitespace and "
        "punctuation alone, or by datatrove's own splitters (slow).",
    )
    clean: Literal["none", "c4", "c4_any_end"] = Field(
        "none",
        description="Cut the lines that C4 drops, all (c4) or but for those that merely lack terminal punctuation "
        "(c4_any_end), and citation marks; never where there are special tokens. FineWeb's signals are then those of "
        "the cleaned text.",
    )


def measure(documents: Documents, settings: ProseSettings) -> Measured:
    """PROSE_SCHEMA for every document, and the edits that clean it.

    A ratio whose denominator is zero is zero, so an empty document (a null counts as one) has zeros.
    """
    data, offsets = documents.buffers
    rows = language_rows(documents.language)
    tallies, edits = measure_documents(
        data,
        offsets,
        rows,
        _words(documents, settings),
        needs_end=settings.clean != "c4_any_end",
        cleans=settings.clean != "none",
    )
    columns = _signals(tallies)
    arrays = {field.name: pa.array(columns[field.name], field.type) for field in PROSE_SCHEMA}
    has_no_list = rows == len(languages())
    arrays["n_distinct_stop_words"] = pa.array(tallies["n_distinct_stop_words"], mask=has_no_list)
    # Conversations and changes with special tokens between their parts are no pages: what C4 makes of lines ruins them.
    is_structured = np.asarray(documents.has_marks.fill_null(False))
    return Measured(arrays, edits[~is_structured[edits["document"]]])


def _words(documents: Documents, settings: ProseSettings) -> Words:
    nothing = np.empty(0, np.int32)
    if settings.words == "simple":
        return Words(np.full(len(documents), SIMPLE, np.int8), False, nothing, nothing, np.zeros(1, np.int64))
    splitters = splitter_numbers(documents.language)
    if settings.words == "auto":
        return Words(splitters, False, nothing, nothing, np.zeros(1, np.int64))
    return Words(splitters, True, *datatrove_words(documents.text, documents.language))


def _signals(tallies: npt.NDArray[Any]) -> dict[str, Any]:
    """Every signal that is a count or a ratio of counts."""
    chars = tallies["n_chars"]
    counts = {name: tallies[name] for name in tallies.dtype.names or () if name in PROSE_SCHEMA.names}
    ngrams = (*(f"top_{n}_gram_char" for n in TOP_NGRAMS), *(f"duplicate_{n}_gram_char" for n in DUPLICATE_NGRAMS))
    return (
        counts
        | {
            "mean_word_chars": ratio(tallies["n_non_symbol_word_chars"], tallies["n_non_symbol_words"]),
            "hash_to_word_ratio": ratio(tallies["n_hashes"], tallies["n_words"]),
            "ellipsis_to_word_ratio": ratio(tallies["n_ellipses"], tallies["n_words"]),
            "bullet_line_share": ratio(tallies["n_bullet_lines"], tallies["n_lines"]),
            "ellipsis_line_share": ratio(tallies["n_ellipsis_lines"], tallies["n_lines"]),
            "words_with_letter_share": ratio(tallies["n_words_with_letter"], tallies["n_words"]),
            "duplicate_line_share": ratio(tallies["n_duplicate_lines"], tallies["n_parted_lines"]),
            "duplicate_line_char_share": ratio(tallies["n_duplicate_line_chars"], chars),
            "duplicate_paragraph_share": ratio(tallies["n_duplicate_paragraphs"], tallies["n_paragraphs"]),
            "duplicate_paragraph_char_share": ratio(tallies["n_duplicate_paragraph_chars"], chars),
        }
        | {f"{name}_share": ratio(tallies[f"{name}s"], chars) for name in ngrams}
        | {
            "terminal_line_share": ratio(tallies["n_terminal_lines"], tallies["n_fineweb_lines"]),
            "short_line_share": ratio(tallies["n_short_lines"], tallies["n_fineweb_lines"]),
            "fineweb_duplicate_line_char_share": ratio(
                tallies["n_fineweb_duplicate_line_chars"], tallies["n_fineweb_chars"]
            ),
            "newline_to_word_ratio": ratio(tallies["n_fineweb_newlines"], tallies["n_fineweb_words"]),
        }
    )


SIGNALS = SignalGroup(
    name="prose",
    meaning="What the web text rules count: words, repetition, the lines that C4 and FineWeb judge.",
    schema=PROSE_SCHEMA,
    settings=ProseSettings,
    measured_for=frozenset({"text"}),
    measure=measure,
    version=2,
)

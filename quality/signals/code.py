"""Code: the programming language, and what the rules for program files look at."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from quality.arrow_text import most_bytes
from quality.characters import class_table
from quality.code.encoded import count_encoded
from quality.code.html import count_html_text
from quality.code.languages import code_languages
from quality.code.lines import count_duplicates, count_lines
from quality.code.markers import find_markers, phrase_table
from quality.code.parts import count_parts
from quality.code.paths import has_text_name, is_generated_name, is_vendored
from quality.code.segments import segment
from quality.code.shares import count_characters, packed_classes
from quality.code.syntax import opening_table, syntax_languages, syntax_table
from quality.code.tallies import CODE_TALLIES, byte_classes
from quality.kernel import kernel
from quality.ratios import ratio
from quality.rule import CODE_LANGUAGE_COLUMN
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

CODE_SCHEMA = pa.schema(
    [
        (CODE_LANGUAGE_COLUMN, pa.string()),  # name of the programming language, null for prose
        ("visible_letter_share", pa.float64()),  # letters / characters that aren't whitespace
        ("digit_share", pa.float64()),  # 0 to 9 / characters that aren't whitespace
        ("whitespace_share", pa.float64()),  # of all characters
        ("replacement_share", pa.float64()),  # U+FFFD / characters
        ("n_code_words", pa.int64()),  # runs of word characters, or of others that aren't whitespace
        ("mean_code_word_chars", pa.float64()),
        ("comment_share", pa.float64()),  # characters of comments and docstrings / characters
        ("string_share", pa.float64()),  # characters in strings / characters that aren't comments
        ("long_word_share", pa.float64()),  # of words over 20 characters in strings / characters that aren't comments
        ("hex_word_share", pa.float64()),  # of 0x... / characters that aren't comments
        ("duplicate_code_line_share", pa.float64()),  # code lines that stand more than once / code lines
        ("assert_line_share", pa.float64()),  # code lines with an assertion / code lines
        ("long_string_line_share", pa.float64()),  # lines of strings with over 20 words / code lines
        ("reminder_line_share", pa.float64()),  # lines with todo, fixme, your code here in a comment / lines
        ("max_encoded_chars", pa.int64()),  # longest run of base64, hexadecimal bytes or Unicode escapes
        ("encoded_share", pa.float64()),  # characters in such runs / characters
        ("n_generated_markers", pa.int64()),  # phrases of generated code in the first five lines
        ("has_xml_header", pa.int8()),  # 1: <?xml version= in the first 100 characters
        ("has_source_map", pa.int8()),  # 1: refers to a source map in its last two lines
        ("is_vendored", pa.int8()),  # 1: the path of others' code; null: no path
        ("is_generated_name", pa.int8()),  # 1: the path of a tool's product; null: no path
        ("has_text_name", pa.int8()),  # 1: the name of a text beside code, a readme; null: no path
        ("html_text_chars", pa.int64()),  # visible text of HTML; null for other languages
        ("html_text_share", pa.float64()),  # of all characters
    ]
)


class CodeSettings(GroupSettings):
    """Settings of the group `code`: none."""


def measure(documents: Documents, _settings: CodeSettings) -> Measured:
    """CODE_SCHEMA for every document; a ratio whose denominator is zero is zero."""
    data, offsets = documents.buffers
    languages = code_languages(documents.language_hint, documents.path, documents.text)
    syntax_rows = _syntax_rows(languages)
    is_html = pc.equal(languages, "HTML").fill_null(False).to_numpy(zero_copy_only=False)
    tallies = np.zeros(len(offsets) - 1, CODE_TALLIES)
    tables = (byte_classes(), packed_classes(), class_table(), syntax_table(), opening_table(), *phrase_table())
    _tally_all(data, offsets, syntax_rows, is_html, *tables, tallies)
    columns = _signals(tallies) | {
        CODE_LANGUAGE_COLUMN: languages,
        "is_vendored": is_vendored(documents.path).cast(pa.int8()),
        "is_generated_name": is_generated_name(documents.path).cast(pa.int8()),
        "has_text_name": has_text_name(documents.path).cast(pa.int8()),
        "html_text_chars": pa.array(tallies["n_html_text_chars"], mask=~is_html),
        "html_text_share": pa.array(ratio(tallies["n_html_text_chars"], tallies["n_chars"]), mask=~is_html),
    }
    return Measured({field.name: _column(columns[field.name], field.type) for field in CODE_SCHEMA})


def _column(values: Any, type_: pa.DataType) -> pa.Array:
    return values.cast(type_) if isinstance(values, pa.Array) else pa.array(values.astype(type_.to_pandas_dtype()))


def _syntax_rows(languages: pa.StringArray) -> npt.NDArray[np.int64]:
    """The row of the syntax table for each language; the last one for those that it does not know."""
    known = pa.array(syntax_languages(), pa.string())
    rows = pc.index_in(languages, known).fill_null(len(known))
    return np.asarray(rows.to_numpy(zero_copy_only=False), np.int64)


@kernel
def _tally_all(
    data: Any,
    offsets: Any,
    syntax_rows: Any,
    is_html: Any,
    classes: Any,
    packed: Any,
    of_characters: Any,
    syntaxes: Any,
    openings: Any,
    phrases: Any,
    phrase_lengths: Any,
    phrase_begins: Any,
    tallies: Any,
) -> None:
    n_documents = len(offsets) - 1
    longest_bytes = most_bytes(offsets)
    kinds = np.empty(longest_bytes, np.uint8)
    hashes = np.empty(longest_bytes // 3 + 2, np.uint64)  # a line that is hashed has two bytes and its end
    table_size = 2
    while table_size < 2 * len(hashes):
        table_size *= 2
    seen = np.empty(table_size, np.uint64)
    counts = np.empty(table_size, np.int32)
    for i in range(n_documents):
        text = data[offsets[i] : offsets[i + 1]]
        tally = tallies[i]
        row = syntax_rows[i]
        segment(text, syntaxes[row], openings[row], kinds)
        count_characters(text, classes, packed, of_characters, tally)
        count_parts(text, classes, kinds, tally)
        n_hashes = count_lines(text, classes, kinds, hashes, tally)
        tally.n_duplicate_lines = count_duplicates(hashes, n_hashes, seen, counts)
        count_encoded(text, classes, tally)
        find_markers(text, phrases, phrase_lengths, phrase_begins, tally)
        if is_html[i]:
            tally.n_html_text_chars = count_html_text(text)


def _signals(tallies: npt.NDArray[Any]) -> dict[str, Any]:
    """Every signal that is a count or a ratio of counts."""
    counts = {name: tallies[name] for name in CODE_TALLIES.names or () if name in CODE_SCHEMA.names}
    n_chars = tallies["n_chars"]
    n_visible = tallies["n_visible_chars"]
    n_lines = tallies["n_line_feeds"] + 1
    n_code_chars = n_chars - tallies["n_comment_chars"]
    n_code_lines = tallies["n_code_lines"]
    return counts | {
        "visible_letter_share": ratio(tallies["n_letters"], n_visible),
        "digit_share": ratio(tallies["n_digits"], n_visible),
        "whitespace_share": ratio(n_chars - n_visible, n_chars),
        "replacement_share": ratio(tallies["n_replacement_chars"], n_chars),
        "mean_code_word_chars": ratio(n_visible, tallies["n_code_words"]),
        "comment_share": ratio(tallies["n_comment_chars"], n_chars),
        "string_share": ratio(tallies["n_string_chars"], n_code_chars),
        "long_word_share": ratio(tallies["n_long_word_chars"], n_code_chars),
        "hex_word_share": ratio(tallies["n_hex_word_chars"], n_code_chars),
        "duplicate_code_line_share": ratio(tallies["n_duplicate_lines"], n_code_lines),
        "assert_line_share": ratio(tallies["n_assert_lines"], n_code_lines),
        "long_string_line_share": ratio(tallies["n_string_lines"], n_code_lines),
        "reminder_line_share": ratio(tallies["n_reminder_lines"], n_lines),
        "encoded_share": ratio(tallies["n_encoded_chars"], n_chars),
    }


SIGNALS = SignalGroup(
    name="code",
    meaning="The programming language, and what tells written code from data and from the products of tools.",
    schema=CODE_SCHEMA,
    settings=CodeSettings,
    measured_for=frozenset({"code"}),
    measure=measure,
    version=2,
)

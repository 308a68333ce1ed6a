"""Signals of code against slow references, on real files, and on hostile text."""

import json
import sysconfig
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.code.lines import PROBES, count_duplicates
from quality.code.syntax import SYNTAX, syntax_languages, syntax_table
from quality.signal_group import documents_of
from quality.signals.code import CODE_SCHEMA, SIGNALS, CodeSettings
from tests.quality import code_reference as reference
from tests.quality.bounds import with_bounds_checks
from tests.quality.texts import AWKWARD, documents

PIECES = [
    *AWKWARD,
    *["//", "/*", "*/", "#", '"""', "'''", "`", "\\", "\\\n", "\n", "\n", "\n    ", "x = 1\n", "},\n", "},", "}\n"],
    *[
        "assert",
        "ASSERT ",
        "todo",
        "autodoc",
        "FIXME ",
        "your code here",
        "Your Code",
        "0x1f",
        "0xG",
        "\\x1f",
        "1f",
        "1f,",
    ],
    *[
        "\\u12ab" * 5,
        "\\u12",
        "1f " * 5,
        "0x1f," * 5,
        "\\x1f" * 5,
        "abcdEF09+/=\n" * 4,
        "k",
        "<",
        "https://a.b/c",
        "-" * 25,
    ],
]
code = st.one_of(documents, st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


def measured(text: str, language: str | None = None, path: str | None = None) -> dict[str, Any]:
    columns = SIGNALS.measure(
        documents_of(
            pa.array([text]),
            language_hint=pa.array([language], pa.string()),
            path=pa.array([path], pa.string()),
        ),
        CodeSettings(),
    ).columns
    table = pa.table(dict(columns), schema=CODE_SCHEMA)
    table.validate(full=True)
    row: dict[str, Any] = table.to_pylist()[0]
    return row


@settings(max_examples=300, deadline=None)
@given(code)
def test_characters_and_encoded_data_are_the_references(text: str) -> None:
    found = measured(text)
    for expected in (reference.shares(text), reference.encoded(text)):
        assert {name: found[name] for name in expected} == expected


@settings(max_examples=500, deadline=None)
@given(code)
def test_comments_strings_and_lines_of_javascript_are_the_references(text: str) -> None:
    found = measured(text, "JavaScript")
    expected = reference.parts(text, reference.javascript_kinds(text))
    assert {name: found[name] for name in expected} == expected


def standard_library(count: int) -> list[str]:
    files = sorted(
        Path(sysconfig.get_paths()["stdlib"]).glob("*.py"), key=lambda path: sha256(path.name.encode()).digest()
    )
    return [path.read_text("utf-8") for path in files[:count]]


def test_comments_of_python_are_those_of_its_own_parser() -> None:
    differing = []
    for text in standard_library(60):
        n_comments = round(measured(text, "Python")["comment_share"] * len(text))
        if n_comments != reference.python_comment_chars(text):
            differing.append((n_comments, reference.python_comment_chars(text), text[:80]))
    assert differing == []


@pytest.mark.parametrize(
    ("language", "text", "comment"),
    [
        ("Rust", "fn f<'a>(x: &'a str) { '\"'; /* a /* b */ c */ } // d", "/* a /* b */ c */// d"),
        ("C", "char c = '\"'; int n = 1'000; // it's\n/* \"a */ x", "// it's/* \"a */"),
        ("Go", 's := `// no "` + "/* no */" // yes', "// yes"),
        ("Lua", "--[[ a\nb ]] x = 1 -- c", "--[[ a\nb ]]-- c"),
        ("Shell", 'echo "$#" ${#a} # yes\n#yes', "# yes#yes"),
        ("Ruby", "=begin\nno\n=end\nx = '#'\n\"#{a}\" # b\n", "=begin\nno\n=end# b"),
        ("Perl", "$#a = 1;\n\n=pod\n\ntext\n\n=cut\nx; # b", "=pod\n\ntext\n\n=cut# b"),
        ("HTML", "<p>it's</p><!-- a --> b", "<!-- a -->"),
        ("TeX", "100\\% of % this", "% this"),
        ("SQL", "select '--no' -- yes\n/* b */", "-- yes/* b */"),
        ("Haskell", "f' x = '-' -- a\n{- b {- c -} -}", "-- a{- b {- c -} -}"),
        ("Batchfile", "rem one\necho rem two\n:: three", "rem one:: three"),
        ("Vim Script", '" one\nlet x = "two"', '" one'),
        ("Python", 'x = """a"""\nr"""b"""\nf(\n"""c""")\n"# d" # e', '"""b"""# e'),
        ("PHP", "<?php # a\n// b\n$c = '# d';", "# a// b"),
        ("Text", "# a // b", ""),
        ("unheard of", "# a // b", ""),
        ("C", "/* never closed", "/* never closed"),
    ],
)
def test_comments_of_a_language(language: str, text: str, comment: str) -> None:
    assert measured(text, language)["comment_share"] == pytest.approx(len(comment) / len(text))


def test_every_language_of_the_syntax_table_is_known() -> None:
    assert set(SYNTAX) <= set(syntax_languages())
    assert len(syntax_table()) == len(syntax_languages()) + 1
    markers = [m for s in SYNTAX.values() for m in (*s.line, *s.block, *s.other_block)]
    assert max(map(len, markers)) <= 7
    assert max(len(syntax.line) for syntax in SYNTAX.values()) <= 3


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "text ",
                "é",
                '<a href="x>y">',
                "<br/>",
                "<!-- no > -->",
                "&amp;",
                " < ",
                "a < b",
                "\n",
                "<script>if (a < b) { c }</script>",
                "<style>p { color: red }</style>",
                "<SCRIPT x>no</SCRIPT >",
                "<!doctype html>",
            ]
        ),
        max_size=20,
    )
)
def test_visible_text_of_html_is_the_parsers(pieces: list[str]) -> None:
    html = "".join(pieces)
    parser = reference.VisibleText()
    parser.feed(html)
    parser.close()
    assert measured(html, "HTML")["html_text_chars"] == parser.n_chars


def test_other_languages_have_no_html_text() -> None:
    assert measured("<p>text</p>", "Vue")["html_text_chars"] is None


@pytest.mark.parametrize(
    ("text", "markers"),
    [
        ("# This file is AUTOGENERATED by a tool\n", 1),
        ("/* Auto-generated; do not edit by hand. */", 2),
        ("# generates a report\n", 0),
        ("\n" * 4 + "# @generated\n", 1),
        ("\n" * 5 + "# @generated\n", 0),
        ("x" * 4090 + " @generated", 0),
    ],
)
def test_marks_of_generated_code(text: str, markers: int) -> None:
    assert measured(text)["n_generated_markers"] == markers


@pytest.mark.parametrize(
    ("text", "has_map"),
    [
        ("a()\n//# sourceMappingURL=a.js.map", 1),
        ("a()\n//# sourceMappingURL=a.js.map\n\n", 1),
        ("a()\n/*# sourceMappingURL=a.css.map */\n", 1),
        ("//# sourceMappingURL=a.js.map\na()\nb()\n", 0),
        ("x = '//# sourceMappingURL='", 0),
    ],
)
def test_references_to_source_maps(text: str, has_map: int) -> None:
    assert measured(text)["has_source_map"] == has_map


@pytest.mark.parametrize(
    ("text", "has_header"),
    [('<?xml version="1.0"?>', 1), ("é" * 86 + "<?xml version=", 1), ("é" * 87 + "<?xml version=", 0)],
)
def test_xml_headers(text: str, has_header: int) -> None:
    assert measured(text)["has_xml_header"] == has_header


def test_lines_made_to_collide_take_few_steps_and_count_once() -> None:

    n_lines = 3 * PROBES
    hashes = np.arange(n_lines, dtype=np.uint64) << np.uint64(40)  # all in one place of the table
    table = np.empty(256, np.uint64), np.empty(256, np.int32)
    assert count_duplicates(hashes, n_lines, *table) == 0
    assert count_duplicates(np.concatenate([hashes, hashes[:5]]), n_lines + 5, *table) == 10


HOSTILE = [
    "\n" * 1_000_000,
    "\0" * 100_000,
    "😀" * 100_000,
    "x" * 8_000_000,
    "(" * 100_000 + ")" * 100_000,
    "/*" * 100_000,
    "{-" * 100_000,
    '"' * 100_001,
    "'''" * 33_333 + "\\",
    "\u202e\u200f" * 10_000,
    "12" + " " * 1_000_000 + "34 " * 8,
    "<!--" * 50_000,
    "<script>" * 50_000,
    "<a b='" * 50_000,
    "\\x12" * 100_000,
    "\\u12" * 100_000,
    "a\n" * 500_000,
    "ab\n" * 500_000,
    "assert" * 100_000,
    "# todo" * 100_000,
    " " * 1_000_000 + "#",
    "",
]


@pytest.mark.parametrize("language", ["Python", "JavaScript", "Rust", "HTML", "Perl", "Batchfile", None])
def test_hostile_text_is_measured(language: str | None) -> None:
    hints = pa.array([language] * len(HOSTILE), pa.string())
    columns = SIGNALS.measure(documents_of(pa.array(HOSTILE), language_hint=hints), CodeSettings()).columns
    for name, column in columns.items():
        assert len(column) == len(HOSTILE)
        if name.endswith("_share") and name not in ("encoded_share", "long_string_line_share"):
            assert all(value is None or 0 <= value <= 1 for value in column.to_pylist()), name


FRAGMENTS = [
    b"\xf4\xbf\xbf\xbf",
    b"\xe3\x81",
    b"\\",
    b"'",
    b'"""',
    b"/*",
    b"{-",
    b"<!",
    b"<script",
    b"0x",
    b"\\u12",
    b"=",
    b"#",
    b"r'''",
]
FRAGMENTS += [
    b"",
    b"\xff",
    b"'\\",
    b"'\xe3",
    b"/",
    b"-",
    b"<",
    b"rem",
    b"a" * 70,
    b"12 " * 9,
    b"//# sourceMapp",
    b"<?xml ver",
    b"\n",
    b"asse",
]
REPEATED = ("ab\n", "a\n", "0x1f ", "'a'")


def fragments() -> pa.StringArray:
    """FRAGMENTS in one array, not all UTF-8, with nothing behind the last."""
    binary = pa.array([a + b for a in FRAGMENTS for b in FRAGMENTS], pa.binary())
    return pa.StringArray.from_buffers(len(binary), *binary.buffers()[1:])


def measured_fragments() -> list[Any]:
    """The columns of repeated pieces, and of FRAGMENTS in every language whose syntax is known and in none."""
    text = fragments()
    repeated = [SIGNALS.measure(documents_of(pa.array([piece * 99])), CodeSettings()) for piece in REPEATED]
    hints = [pa.array([language] * len(text), pa.string()) for language in (*syntax_languages(), None)]
    of_languages = [SIGNALS.measure(documents_of(text, language_hint=hint), CodeSettings()) for hint in hints]
    return [
        {name: column.to_pylist() for name, column in found.columns.items()} for found in [*repeated, *of_languages]
    ]


@pytest.mark.slow
def test_no_kernel_of_code_leaves_its_arrays(request: pytest.FixtureRequest) -> None:
    assert with_bounds_checks(request, measured_fragments) == json.dumps(measured_fragments())

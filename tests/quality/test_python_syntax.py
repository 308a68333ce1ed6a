"""Whether a text parses as Python, and that no text harms the worker."""

import ast
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.python_parser.process import UNPARSED, ParserProcess
from quality.python_parser.verdicts import INVALID, PYTHON_2, VALID, verdict
from quality.signal_group import documents_of
from quality.signals.python_syntax import COLUMN, SIGNALS, PythonSyntaxSettings

BUSY = "a = " + "(" * 90 + "1 1" + ")" * 90  # whatever it costs, it ends


def measured(texts: list[str], language: str | None = "Python", **given: Any) -> list[str | None]:
    documents = documents_of(pa.array(texts), language_hint=pa.array([language] * len(texts), pa.string()))
    found: list[str | None] = SIGNALS.measure(documents, PythonSyntaxSettings(**given)).columns[COLUMN].to_pylist()
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", VALID),
        ("x = 1\n", VALID),
        ("match x:\n    case 1:\n        pass\n", VALID),
        ("x = '\\d'\n", VALID),
        ("\ufeffx = 1\n", VALID),
        ("print 'a'\n", PYTHON_2),
        ("try:\n    f()\nexcept ValueError, error:\n    pass\n", PYTHON_2),
        ("raise ValueError, 'a'\n", PYTHON_2),
        ("exec 'a'\n", PYTHON_2),
        ("if a <> b: pass\n", PYTHON_2),
        ("mode = 0777\n", PYTHON_2),
        ("x = 10L\n", PYTHON_2),
        ("x = ur'a'\n", PYTHON_2),
        ("x = `a`\n", PYTHON_2),
        ("def f(:\n", INVALID),
        ("{% if a %}\n", INVALID),
        ("x = 1\0\n", INVALID),
        ("  x = 1\n y = 2\n", INVALID),
        ("x = " + "(" * 300 + ")" * 300, INVALID),
        ("x = " + "-" * 100_000 + "1", INVALID),
        ("x = " + "9" * 5_000, INVALID),
    ],
)
def test_verdicts(text: str, expected: str) -> None:
    assert measured([text]) == [expected]


def test_other_languages_have_none() -> None:
    assert measured(["x = 1"], "Ruby") == [None]
    assert measured(["#!/usr/bin/python\nx = 1"], None) == [VALID]


def test_large_files_stay_unparsed() -> None:
    assert measured(["x = 1\n" * 10, "x = 1\n"], max_bytes=10) == [UNPARSED, VALID]


HOSTILE = [
    "(" * 100_000,
    "[" * 199 + "]" * 199,
    "a" + ".a" * 100_000,
    "a = " + "a + " * 100_000 + "a",
    "x = " + "not " * 50_000 + "x",
    "lambda: " * 20_000 + "0",
    "if x:\n" + " if x:\n" * 50_000,
    "".join(" " * depth + "if x:\n" for depth in range(300)),
    "f'" + "{f'" * 50_000,
    "{" * 150 + "1:1 1" + "}" * 150,
    "x = (" + "\n" * 500_000,
    "\0" * 100_000,
    "\u202e" * 10_000,
    "😀" * 100_000,
    "'" * 100_001,
    "\\\n" * 100_000,
    "@a\n" * 100_000,
    BUSY,
]


def test_hostile_text_neither_hangs_nor_ends_the_worker() -> None:
    found = measured([*HOSTILE, "x = 1\n"], max_cpu_seconds=2)
    assert found[-1] == VALID
    assert set(found) <= {VALID, INVALID, PYTHON_2, UNPARSED}


def test_what_takes_too_long_is_unparsed_and_the_next_text_is_parsed() -> None:
    process = ParserProcess()
    try:
        large = b"x = [" + b"1, " * 1_000_000 + b"]"
        assert process.verdict(large, 0.01) == UNPARSED
        assert process.verdict(b"x = 1", 0.01) == VALID
        assert process.verdict(large, 60) == VALID
    finally:
        process.close()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["print ", "x", " = ", "(", ")", "\n", "    ", "if ", ":", "'", "0", "\\", "é", "\r"]),
        max_size=12,
    )
)
def test_what_compiles_is_valid(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        compile(text, "", "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError):
        assert verdict(text) in (INVALID, PYTHON_2)
    else:
        assert verdict(text) == VALID

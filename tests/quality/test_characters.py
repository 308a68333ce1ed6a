import unicodedata
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality import characters
from quality.make_tables import character_classes, is_symbol

# Of datatrove 0.10's PUNCTUATION_SET (129 characters), sorted, joined, as UTF-8.
DATATROVE_PUNCTUATION_SHA256 = "c1d565a777f266c989f8626131bdb50d3a50c0dd3bee5c9686235f0e087731a6"


def decoded(data: bytes) -> list[int]:
    code_points = np.empty(len(data), np.uint32)
    n_chars = characters.decode(np.frombuffer(data, np.uint8), 0, len(data), code_points)
    return [int(code_point) for code_point in code_points[:n_chars]]


def test_the_shipped_table_is_what_the_script_makes() -> None:
    with files("quality").joinpath("tables.npz").open("rb") as file, np.load(file) as tables:
        version = str(tables["unicode_version"])
    if version != unicodedata.unidata_version:
        pytest.skip(f"the table is of Unicode {version}, this Python knows {unicodedata.unidata_version}")
    np.testing.assert_array_equal(characters.class_table(), character_classes())


def test_the_shipped_table_is_small() -> None:
    assert Path(characters.__file__).with_name("tables.npz").stat().st_size < 200_000


@pytest.mark.parametrize(
    ("character", "classes"),
    [
        ("a", characters.LETTER),
        (" ", characters.SPACE),
        ("\t", characters.SPACE),
        ("\n", characters.SPACE | characters.LINE_BREAK),
        ("\x85", characters.SPACE | characters.LINE_BREAK | characters.SYMBOL),
        ("#", characters.PUNCTUATION | characters.SYMBOL),
        ("§", characters.PUNCTUATION),
        ("語", characters.LETTER | characters.CJK),
        ("ー", characters.LETTER | characters.CJK),
        ("・", characters.PUNCTUATION),
        ("한", characters.LETTER),
        ("\u0301", characters.COMBINING),
        ("7", 0),
    ],
)
def test_classes(character: str, classes: int) -> None:
    assert characters.class_table()[ord(character)] == classes


def test_symbols_are_datatroves() -> None:
    symbols = "".join(filter(is_symbol, map(chr, range(characters.N_CODE_POINTS))))
    assert sha256(symbols.encode()).hexdigest() == DATATROVE_PUNCTUATION_SHA256


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_decoding_utf_8(text: str) -> None:
    assert decoded(text.encode()) == [ord(character) for character in text]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=30))
def test_decoding_anything_stays_inside(data: bytes) -> None:
    found = decoded(data)
    assert len(found) <= len(data)
    assert all(code_point < characters.N_CODE_POINTS for code_point in found)


def test_a_character_cut_off_by_the_end_is_replaced() -> None:
    data = np.frombuffer("aé".encode(), np.uint8)
    code_points = np.empty(2, np.uint32)
    assert characters.decode(data, 0, 2, code_points) == 2
    assert code_points.tolist() == [ord("a"), characters.REPLACEMENT]

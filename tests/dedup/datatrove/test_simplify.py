import random
import unicodedata

import numpy as np
import pytest
from datatrove.utils.text import simplify_text
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.datatrove.make_tables import TABLES, make_tables
from dedup.datatrove.minhash import MOST_EXPANDED
from dedup.datatrove.simplify import decode, simplify, simplify_tables
from tests.dedup.datatrove.oracle import HOSTILE

# Where one rule of `simplify_text` meets another.
EDGES = "Σσς 'ª.:ʰ\u0301\u0345\u034f1२٣.,٫،⎖\u1b44\u302e\U0001d165\U0001d15e\U00016ff0가İIé\u00a0\n\x85;\u037e≠aZ-—“\u0b48\u0300"


def simplified(text: str) -> str:
    data = np.frombuffer(text.encode(), np.uint8)
    code_points = np.empty(len(data), np.uint32)
    n_chars = decode(data, 0, len(data), code_points)
    found = np.empty(MOST_EXPANDED * len(data), np.uint32)
    end = simplify(code_points, n_chars, tuple(simplify_tables()), found, 0)
    return found[:end].tobytes().decode("utf-32-le")


@settings(max_examples=500)
@given(st.text(st.sampled_from(EDGES) | st.characters(exclude_categories=["Cs"]), max_size=40))
def test_text_is_datatroves(text: str) -> None:
    assert simplified(text) == simplify_text(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_datatroves(text: str) -> None:
    assert simplified(text) == simplify_text(text)


def test_every_character_is_datatroves() -> None:
    # Between letters, and eight at a time; the shipped table is of one version of Unicode.
    characters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) != "Cn"]
    for start in range(0, len(characters), 4096):
        text = "a".join(characters[start : start + 4096])
        assert simplified(text) == simplify_text(text)


def test_marks_are_put_in_canonical_order_in_linear_time() -> None:
    generator = random.Random(1)
    marks = "".join(generator.choice("\u1b44\u302e\U0001d165\U00016ff0\u0301") for _ in range(1_000_000))
    few = f"a{marks[:2000]}b"  # Python's own ordering takes quadratic time
    assert simplified(few) == simplify_text(few)
    assert (
        simplified(f"a{marks}b") == "a" + "".join(sorted(marks.replace("\u0301", ""), key=unicodedata.combining)) + "b"
    )


def test_the_shipped_table_is_the_live_one() -> None:
    with np.load(TABLES) as stored:
        version = str(stored["unicode_version"])
        if version != unicodedata.unidata_version:
            pytest.skip(f"the table is of Unicode {version}, this Python knows {unicodedata.unidata_version}")
        live = make_tables()
        assert set(live) == set(stored)
        for name, array in live.items():
            assert (array == stored[name]).all(), name


def test_no_character_expands_to_more_than_there_is_room_for() -> None:
    expansions = simplify_tables().expansions.tolist()
    sizes = []
    while expansions:
        sizes.append(expansions[0])
        del expansions[: expansions[0] + 1]
    assert max(sizes) == MOST_EXPANDED


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\xffb", "a\ufffdb"),
        (b"\xc3", "\ufffd"),
        (b"\xe4\xb8", "\ufffd\ufffd"),
        (b"\xf4\x90\x80\x80", "\ufffd"),
        (b"\xc3a", "\ufffda"),
        ("é€😀".encode(), "é€😀"),
    ],
)
def test_what_is_no_utf8_becomes_replacements(data: bytes, expected: str) -> None:
    code_points = np.empty(len(data), np.uint32)
    n_chars = decode(np.frombuffer(data, np.uint8), 0, len(data), code_points)
    assert code_points[:n_chars].tobytes().decode("utf-32-le") == expected

"""Differences of texts: right on examples, bounded on whatever comes."""

import random
from collections import Counter
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.duplicate_listing import differences as module
from pipelines.duplicate_listing.differences import (
    CONTEXT_CHARS,
    MAX_COMPARED_CHARS,
    MAX_EXCERPT_CHARS,
    differences,
    equal_beginning,
    equal_end,
)

EIGHT_MIB = 8 << 20
WORDS = st.lists(st.text("abc", min_size=1, max_size=4), max_size=60)
TEXT = "the lamp on the harbour wall was lit each evening by the old keeper of the port"


def test_what_only_one_says_is_told_with_its_place() -> None:
    found = differences(TEXT, TEXT.replace("lit each evening", "put out at dawn").replace("of the port", "of port"), 5)
    assert (found.count, found.survivor_words, found.member_words, found.whole) == (2, 4, 4, True)
    one, two = found.shown
    assert (one.survivor, one.member, one.survivor_words) == ("lit each evening", "put out at dawn", 3)
    assert TEXT[one.at_chars :].startswith("lit each")
    assert one.before == "the lamp on the harbour wall was"
    assert (two.survivor, two.member, two.member_words) == ("the", "", 0)
    assert differences(TEXT, TEXT + " of Ithaca", 5).shown[0].member == "of Ithaca"
    assert differences("", "a lamp", 5).shown[0].member == "a lamp"
    assert differences("a lamp", "", 5).shown[0].survivor == "a lamp"


def test_equal_words_and_equal_texts_are_told_apart() -> None:
    same = differences(TEXT, TEXT, 5)
    spaced = differences(TEXT, TEXT.replace(" ", "\n ") + "\n", 5)
    assert (same.same_text, same.same_words, same.count) == (True, True, 0)
    assert (spaced.same_text, spaced.same_words, spaced.count) == (False, True, 0)
    assert not differences(TEXT, TEXT.upper(), 5).same_words


def test_characters_of_scripts_without_spaces_are_words() -> None:
    (found,) = differences("港の灯台は毎晩ともされた", "港の灯台は毎朝ともされた", 5).shown
    assert (found.survivor, found.member) == ("晩", "朝")


def test_differences_close_to_each_other_are_one() -> None:
    found = differences("a b c d e f g h", "a X c Y e f g h", 5)
    assert (found.count, found.survivor_words) == (1, 2)
    assert (found.shown[0].survivor, found.shown[0].member) == ("b c d", "X c Y")


def test_only_the_first_are_shown_and_all_are_counted() -> None:
    words = [f"w{number}" for number in range(500)]
    other = [f"x{number}" if number % 10 == 5 else word for number, word in enumerate(words)]
    found = differences(" ".join(words), " ".join(other), 3)
    assert (found.count, found.survivor_words, len(found.shown), found.whole) == (50, 50, 3, True)


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_texts_say_what_is_told_of_them(survivor: str, member: str) -> None:
    found = differences(survivor, member, 100)
    assert found.whole
    assert found.same_text == (survivor == member)
    assert found.same_words == (survivor.split() == member.split())
    for each in found.shown:
        assert survivor[each.at_chars :].startswith(each.survivor)
        assert each.member in member
        assert each.before in survivor[: each.at_chars]


@given(st.text("ab", max_size=12), st.text("ab", max_size=12))
def test_equal_ends_are_those_that_a_loop_finds(one: str, other: str) -> None:
    def loop(pairs: "zip[tuple[str, str]]") -> int:
        count = 0
        for a, b in pairs:
            if a != b:
                break
            count += 1
        return count

    assert equal_beginning(one, other) == loop(zip(one, other, strict=False))
    assert equal_end(one, other) == loop(zip(reversed(one), reversed(other), strict=False))


def hostile() -> dict[str, tuple[str, str]]:
    words = [f"w{number}" for number in range(3000)]
    rng = random.Random(5)
    half = EIGHT_MIB // 2
    return {
        "nothing in common": (
            " ".join(rng.choices(words, k=EIGHT_MIB // 6)),
            " ".join(f"v{number}" for number in range(EIGHT_MIB // 8)),
        ),
        "one word": ("a" * EIGHT_MIB, "a" * half + "b" + "a" * half),
        "a million lines": ("\n" * EIGHT_MIB, "x\n" * half),
        "two words again and again": ("a b " * (EIGHT_MIB // 4), "b a a " * (EIGHT_MIB // 6)),
        "shuffled": tuple(" ".join(rng.sample(words * 5, 15_000)) for _ in range(2)),  # type: ignore[dict-item]
    }


@pytest.mark.parametrize("name", hostile())
def test_trap_a_long_document_does_not_hang_and_does_not_fill_the_screen(name: str) -> None:
    survivor, member = hostile()[name]
    found = differences(survivor, member, 5)
    assert found.count >= 1
    assert not found.same_words
    assert found.survivor_words <= MAX_COMPARED_CHARS
    for each in found.shown:
        assert max(len(each.survivor), len(each.member)) <= MAX_EXCERPT_CHARS + 1
        assert len(each.before) <= CONTEXT_CHARS


def test_a_difference_deep_inside_a_long_text_is_found() -> None:
    text = "The lamp was lit. " * (EIGHT_MIB // 18)
    found = differences(text, text[: EIGHT_MIB // 2] + " UNLIT " + text[EIGHT_MIB // 2 :], 5)
    assert found.whole
    assert "UNLIT" in found.shown[0].member


def test_what_lies_between_differences_is_passed_over() -> None:
    filler = "The lamp was lit. " * 100_000
    found = differences(f"one {filler}two {filler}three", f"1 {filler}2 {filler}3", 5)
    assert (found.count, found.survivor_words, found.member_words, found.whole) == (3, 3, 3, True)
    assert [(each.survivor, each.member) for each in found.shown] == [("one", "1"), ("two", "2"), ("three", "3")]


def test_what_was_not_compared_is_said() -> None:
    one, other = (" ".join(f"{name}{number}" for number in range(20_000)) for name in "ab")
    found = differences(f"same {one}", f"same {other}", 5)
    assert (found.whole, found.same_words, found.count) == (False, False, 1)
    assert found.shown[0].survivor.startswith("a0 a1 ")
    assert 1000 < found.survivor_words < 20_000


@given(WORDS, WORDS)
def test_stretches_of_any_size_tell_what_differs(one: list[str], other: list[str]) -> None:
    survivor, member = " ".join(one), " ".join(other)
    with patch.object(module, "STRETCH_CHARS", 12):
        found = differences(survivor, member, 1000)
    assert found.whole
    assert found.same_words == (one == other)
    kept = [Counter(one), Counter(other)]
    assert kept[0].total() - found.survivor_words == kept[1].total() - found.member_words
    for each in found.shown:
        assert survivor[each.at_chars :].startswith(each.survivor)
        assert each.member in member

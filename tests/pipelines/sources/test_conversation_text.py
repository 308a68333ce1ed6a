"""Texts of a conversation: what a reader sees of them, in one pass."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.readers.github.conversation_text import one_line, with_names, without_html_comments
from pipelines.readers.github.pull_request_options import PullRequestOptions

CUTS = PullRequestOptions().cuts()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <!-- b --> c", "a  c"),
        ("<!-- a\nb -->c<!---->d", "cd"),
        ("a\n<!-- unclosed\nb", "a\n"),
        ("`<!--` stays in a line", "`<!--` stays in a line"),
        ("<!-- a --> `<!--` b", " `<!--` b"),
        ("a --> b", "a --> b"),
        ("<!-- <!-- a --> b", " b"),
    ],
)
def test_html_comments(text: str, expected: str) -> None:
    assert without_html_comments(text) == expected


def test_long_texts_keep_their_first_and_last_lines() -> None:
    lines = [str(number) for number in range(100)]
    read = CUTS.text("\r\n".join(lines)).split("\n")
    assert read == [*lines[:60], "[Truncated]", *lines[80:]]
    assert CUTS.text("\n".join(lines[:80])).split("\n") == lines[:80]
    assert len(CUTS.text("x" * 5_000)) == 1_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes.\n\nOn Wed, Dec 31, 2014 someone\n<a@example.org>\nwrote:\n\n> was it?\n>\n", "Yes."),
        ("Yes.\nOn 3 May A wrote:\n> was it?\n\nAnd more.", "Yes.\nAnd more."),
        ("On the other hand, as I wrote:\nthis is no quote", "On the other hand, as I wrote:\nthis is no quote"),
        ("> quoted by hand\n\nOn it.", "> quoted by hand\n\nOn it."),
    ],
)
def test_mail_quotes(text: str, expected: str) -> None:
    assert CUTS.text(text) == expected


def test_names_of_the_conversation_replace_mentions() -> None:
    names = {"mira-h": "username_0", "bo": "username_1"}
    text = "@Mira-H, @bo. @bob a@bo.example @types/bo @mira-h's @property"
    expected = "@username_0, @username_1. @bob a@bo.example @types/bo @username_0's @property"
    assert with_names(text, names) == expected


@given(st.text(alphabet=st.characters(), max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_becomes_utf8_and_stays_so(text: str) -> None:
    read = CUTS.text(text)
    read.encode("utf-8")
    assert CUTS.text(read) == read or "<!--" in text  # what is left can make a new comment
    title = one_line(text, 20)
    title.encode("utf-8")
    assert len(title) <= 20
    assert not set(title) & set("\r\n\t")


def test_hostile_texts_take_linear_time() -> None:
    start = time.perf_counter()
    for unit in ("<!--", "<!-- -->", "@", "@a", "On \n", "On a wrote:\n", "On a wrote:\n\n\n", "\r", "<!--\n"):
        CUTS.text(unit * 200_000)
        with_names(unit * 200_000, {"a": "username_0"})
    assert time.perf_counter() - start < 20  # a quadratic scan takes hours

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.words.split import split_words
from quality.words.splitters import ENGLISH, LANGUAGES, SPANISH, SPLITTERS
from quality.words.tables import word_tables
from tests.quality.words.splitting import awkward_texts, code_points_of, split

any_splitter = st.sampled_from(sorted(SPLITTERS.values()))


@settings(max_examples=300, deadline=None)
@given(awkward_texts, any_splitter)
def test_all_but_whitespace_is_in_words_in_order(text: str, splitter: int) -> None:
    assert "".join("".join(split(text, splitter)).split()) == "".join(text.split())


def test_a_word_may_hold_a_space() -> None:
    assert split("en EE. UU. hoy", SPANISH) == ["en", "EE. UU.", "hoy"]


@pytest.mark.parametrize("splitter", [0, ENGLISH])
def test_there_is_room_for_as_many_words_as_characters(splitter: int) -> None:
    assert split("!?" * 500, splitter) == ["!", "?"] * 500


MILLION = 1_000_000
# Each would take hours if a step looked at all that is left of a chunk.
LONG_CHUNKS = [
    "!" * MILLION,
    "(" * MILLION,
    "." * MILLION,
    "a" * (MILLION // 2) + "!" * (MILLION // 2),
    "a-" * (MILLION // 2),
    "l'" * (MILLION // 2),
    "a@" * (MILLION // 2),
    "a@b.c:" * (MILLION // 6),
    "1." * (MILLION // 2),
    "www." * (MILLION // 4),
    ":-)" * (MILLION // 3),
    "o.O" * (MILLION // 3),
    "°C." * (MILLION // 3),
    "-t-il" * (MILLION // 5),
    "😀" * MILLION,
    "\u0301" * MILLION,
    ": - ) " * (MILLION // 6),
    "don't" * (MILLION // 5),
    "\n" * MILLION,
    "\u200f" * MILLION,
]


@pytest.mark.parametrize("chunk", LONG_CHUNKS, ids=lambda chunk: repr(chunk[:5]))
def test_a_long_chunk_is_split_in_linear_time(chunk: str) -> None:
    code_points = code_points_of(chunk)
    starts, ends = np.empty((2, len(chunk)), np.int32)
    for language in ("en", "fr", "ru"):
        tables = word_tables()
        n_words = split_words(code_points, len(chunk), tables, SPLITTERS[language], starts, ends)
        assert np.all(starts[:n_words][1:] >= ends[:n_words][:-1])
        assert ends[:n_words].max(initial=0) == len(chunk.rstrip())


def test_languages_have_the_numbers_that_tables_were_made_for() -> None:
    assert word_tables()[0]["start_states"].shape[0] == 1 + len(LANGUAGES)

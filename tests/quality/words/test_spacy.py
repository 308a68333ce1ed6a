"""The compiled splitters against spaCy itself, as datatrove runs it."""

from functools import cache
from itertools import pairwise

import pytest
import spacy
from datatrove.utils.word_tokenizers import SpaCyTokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.words.splitters import ENGLISH, LANGUAGES, SPLITTERS
from tests.quality.texts import AWKWARD, multilingual_texts
from tests.quality.words.splitting import GAPS, PIECES, SENTENCES, awkward_texts, split

MAIN_LANGUAGES = ("en", "de", "fr", "es", "ru")


@cache
def datatroves(language: str) -> SpaCyTokenizer:
    return SpaCyTokenizer(language)


def expected(text: str, language: str) -> list[str]:
    words: list[str] = datatroves(language).word_tokenize(text)
    return words


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_in_every_language(language: str) -> None:
    for text in ["\n".join(SENTENCES), *SENTENCES]:
        assert split(text, SPLITTERS[language]) == expected(text, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_special_case_alone_in_brackets_and_joined(language: str) -> None:
    cases = [case for case in sorted(spacy.blank(language).tokenizer.rules) if not case.isspace()]
    text = " ".join(f"{case} ({case}) x{case} {case}. {case}-{other}" for case, other in pairwise(cases))
    assert split(text, SPLITTERS[language]) == expected(text, language)


@settings(max_examples=400, deadline=None)
@given(awkward_texts)
def test_english_is_spacys(text: str) -> None:
    assert split(text, ENGLISH) == expected(text, "en")


@settings(max_examples=300, deadline=None)
@given(awkward_texts, st.sampled_from(LANGUAGES))
def test_all_languages_are_spacys(text: str, language: str) -> None:
    assert split(text, SPLITTERS[language]) == expected(text, language)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(MAIN_LANGUAGES))
def test_special_cases_in_odd_places_are_spacys(data: st.DataObject, language: str) -> None:
    cases = sorted(spacy.blank(language).tokenizer.rules)
    pieces = st.sampled_from(data.draw(st.lists(st.sampled_from(cases + PIECES), min_size=2, max_size=6)) + GAPS[:3])
    text = "".join(data.draw(st.lists(pieces, max_size=30)))
    assert split(text, SPLITTERS[language]) == expected(text, language)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_spacys(text: str) -> None:
    assert split(text, ENGLISH) == expected(text, "en")


def test_mixed_text_is_spacys() -> None:
    for text in ["".join(AWKWARD), *multilingual_texts(200, seed=1)]:
        for language in MAIN_LANGUAGES:
            assert split(text, SPLITTERS[language]) == expected(text, language)


def test_a_row_over_a_space_hides_a_special_case() -> None:
    # spaCy matches `o`, `.`, `O` over the space too, and what that hides is not put together
    for text in [": -) :-)", "x: - )", "8 ) -8)", "(o. O)", "a(o.O", "( ^_^ ) (^_^)", "a.m. ; - ) x;-)"]:
        assert split(text, ENGLISH) == expected(text, "en")

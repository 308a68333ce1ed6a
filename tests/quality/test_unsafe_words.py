import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from quality.lists.phrases import TooManyPhrases, normal_phrase, phrases_of
from quality.signal_group import documents_of
from quality.signals.unsafe_words import UnsafeWordsSettings, measure
from tests.quality.texts import documents


def settings_of(folder: Path, **lists: Sequence[str]) -> UnsafeWordsSettings:
    """Settings with a list a language; `any` is for all languages."""
    given = []
    for language, entries in lists.items():
        (folder / language).write_text("\n".join(entries), encoding="utf-8")
        given.append({"files": [str(folder / language)]} | ({} if language == "any" else {"language": language}))
    return UnsafeWordsSettings.model_validate({"lists": given})


def counts(texts: Sequence[str | None], settings: UnsafeWordsSettings, *languages: str | None) -> list[Any]:
    """Of each text (unsafe words, share)."""
    language = pa.array(languages or [None] * len(texts), pa.string())
    found = measure(documents_of(pa.array(texts, pa.string()), language=language), settings).columns
    return list(zip(found["n_unsafe_words"].to_pylist(), found["unsafe_word_share"].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> UnsafeWordsSettings:
    words = ["Turnip", "brussels  sprout", "キャベツ", "芋", "капуста", "상추", "🥦", "ผัก", "e-leek", "leek"]
    return settings_of(tmp_path_factory.mktemp("words"), any=words)


@pytest.mark.parametrize(
    ("text", "unsafe", "words"),
    [
        ("", 0, 0),
        (None, 0, 0),
        ("A TURNIP, please.", 1, 3),
        ("turnips and parsnip", 0, 3),
        ("turnip-soup", 1, 2),
        ("Brussels\n sprout with brussels and sprout", 2, 6),
        ("新鲜的芋头", 1, 5),
        ("このキャベツは", 4, 7),
        ("КАПУСТА и капустa", 1, 3),
        ("상추 상추를", 1, 2),
        ("yes 🥦🥦", 2, 3),
        ("e-leek", 3, 3),
        ("\x00turnip\x00\u202eleek", 1, 2),
    ],
)
def test_words_are_counted(text: str | None, unsafe: int, words: int, settings: UnsafeWordsSettings) -> None:
    assert counts([text], settings) == [(unsafe, unsafe / words if words else 0)]


def test_lists_are_for_documents_of_their_language(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, en=["turnip"], de=["rübe"], any=["leek"])
    text = "turnip rübe leek soup"
    found = counts([text] * 4, settings, "en", "de", "fr", None)
    assert [n_unsafe for n_unsafe, _ in found] == [2, 2, 1, 1]
    (tmp_path / "only").mkdir()
    only_english = settings_of(tmp_path / "only", en=["turnip"])
    assert counts([text] * 3, only_english, "en", "de", None) == [(1, 0.25), (None, None), (None, None)]


PHRASES = ["a", "aa", "ab", "b a", "ba b", "é", "日", "日本", "本 a", "-", "a-b"]


def found_by_expressions(text: str) -> set[int]:
    """The characters of a text with single spaces that a phrase covers, found by a regular expression a phrase."""
    covered: set[int] = set()
    word = "[0-9a-zà-ÿ]"
    for phrase in PHRASES:
        before = f"(?<!{word})" if re.match(word, phrase) else ""
        after = f"(?!{word})" if re.match(word, phrase[-1]) else ""
        for match in re.finditer(f"(?=({before}{re.escape(phrase)}{after}))", text):
            covered |= set(range(match.start(1), match.end(1)))
    return covered


@given(st.text("ab日本é- .", max_size=30))
def test_phrases_are_those_that_expressions_find(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    settings = settings_of(tmp_path_factory.mktemp("phrases"), any=PHRASES)
    single = re.sub(" +", " ", text)
    covered = found_by_expressions(single)
    words = [match.span() for match in re.finditer("[abé]+|[日本]|[^ ]", single)]
    unsafe = [span for span in words if covered & set(range(*span))]
    counted = [span for span in words if span in unsafe or single[span[0]] in "abé日本"]
    assert counts([text], settings) == [(len(unsafe), len(unsafe) / len(counted) if counted else 0)]


@given(st.lists(documents, max_size=4))
def test_a_batch_is_its_documents_one_by_one(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    settings = settings_of(tmp_path_factory.mktemp("words"), any=["the", "to", "日本", "a", "."])
    assert counts(texts, settings) == [count for text in texts for count in counts([text], settings)]


@pytest.mark.parametrize(
    "text",
    ["\n" * 1_000_000, "turnip" * 200_000, "turnip " * 200_000, "😀" * 100_000, "芋" * 300_000, "\u202e" * 100_000],
    ids=["newlines", "one word", "words", "emoji", "CJK", "RTL marks"],
)
def test_hostile_text_is_counted(text: str, settings: UnsafeWordsSettings) -> None:
    ((n_unsafe, share),) = counts([text], settings)
    assert n_unsafe == {"t": text.count("turnip "), "芋": len(text)}.get(text[0], 0)
    assert share == (1 if n_unsafe else 0)


def test_text_that_is_not_utf_8_is_counted(settings: UnsafeWordsSettings) -> None:
    data = b"turnip \xff\xc3 \xf4\xbf\xbf\xbf turnip \xe3"
    text = pa.StringArray.from_buffers(1, pa.array([0, len(data)], pa.int32()).buffers()[1], pa.py_buffer(data))
    assert measure(documents_of(text), settings).columns["n_unsafe_words"].to_pylist() == [2]


def test_too_many_phrases_are_refused_with_a_way_out() -> None:
    entries = [normal_phrase(chr(0x4E00 + i) * 3 + chr(0x5000 + i) * 100) for i in range(2000)]
    with pytest.raises(TooManyPhrases, match="name fewer, or the lists of each language apart"):
        phrases_of(entries)


def test_settings_without_a_list_are_refused() -> None:
    with pytest.raises(ValidationError):
        UnsafeWordsSettings.model_validate({})
    with pytest.raises(ValidationError):
        UnsafeWordsSettings.model_validate({"lists": [{"language": "en", "files": []}]})

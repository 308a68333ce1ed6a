from importlib.metadata import version

import pyarrow as pa
import pytest
from datatrove.utils.word_tokenizers import load_word_tokenizer

from quality.words import datatrove_splitter
from quality.words.datatrove_splitter import DATATROVE_CODES, MissingSplitter, datatrove_words
from tests.quality.texts import SENTENCES

TEXTS = {
    "en": "Don't  wait\n(e.g.) for the words, the words.",
    "ko": "위원회는 회의를 연기하기로 결정했다.",
    "zh": "委员会决定推迟会议，直到每个人都仔细阅读了报告。",
    "ja": "委員会は、会議を延期することにしました。",
    "tr": SENTENCES["tr"],
    "xmf": "one language, of no splitter",
}


def needs_kiwi() -> None:
    if tuple(map(int, version("kiwipiepy").split(".")[:2])) >= (0, 22):
        pytest.skip("kiwipiepy from 0.22 on lacks the model that datatrove asks for")


def test_a_long_number_is_no_korean_word_and_moves_none() -> None:
    """datatrove takes such numbers away, and then words at places of the text that still has them."""
    needs_kiwi()
    text = "했 12345678901234567890123 했다"
    starts, ends, _ = datatrove_words(pa.array([text]), pa.array(["ko"]))
    words = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    assert "".join(words).isalpha()
    assert ends[-1] == len(text)


@pytest.mark.parametrize("language", TEXTS)
def test_words_are_datatroves(language: str) -> None:
    text = TEXTS[language]
    if language == "ko":
        needs_kiwi()
    starts, ends, offsets = datatrove_words(pa.array([text]), pa.array([language]))
    words = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    assert offsets.tolist() == [0, len(words)]
    assert words == load_word_tokenizer(DATATROVE_CODES.get(language, language)).word_tokenize(text)


def test_many_documents_of_many_languages_and_none() -> None:
    texts = pa.array([TEXTS["en"], "", None, TEXTS["zh"], " \n"])
    starts, ends, offsets = datatrove_words(texts, pa.array(["en", "en", None, "zh", None]))
    first, second = (datatrove_words(pa.array([TEXTS[code]]), pa.array([code])) for code in ("en", "zh"))
    assert offsets.tolist() == [0, len(first[0]), len(first[0]), len(first[0]), len(starts), len(starts)]
    assert starts.tolist() == first[0].tolist() + second[0].tolist()
    assert ends.tolist() == first[1].tolist() + second[1].tolist()


def test_text_that_is_not_utf_8_has_words_too() -> None:
    data = pa.array([b"a \xff\xed\xa0\x80 b", b"c"], pa.binary())
    texts = pa.StringArray.from_buffers(2, *data.buffers()[1:])
    starts, _, offsets = datatrove_words(texts, pa.nulls(2, pa.string()))
    assert offsets[-1] == len(starts) > 2


def test_a_splitter_that_is_not_installed_is_named_before_any_text_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    def split_nothing(*_: object) -> None:
        raise AssertionError("a text was split")

    monkeypatch.setattr(datatrove_splitter, "_spans", split_nothing)
    with pytest.raises(MissingSplitter, match=r"language 'lo' is not installed.*laonlp"):
        datatrove_words(pa.array(["a", "b"]), pa.array(["en", "lo"]))


def test_a_word_that_is_not_in_the_text_has_the_next_place() -> None:
    assert list(datatrove_splitter._found_in_order("ab cd", ["ab", "x", "cd", "yyyyy"])) == [
        (0, 2),
        (2, 3),
        (3, 5),
        (4, 5),
    ]

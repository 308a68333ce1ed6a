"""The fast engine gives tiktoken's ids, bounds its memory, and steps back where it does not."""

import logging
import random
import sys
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer import token_engine
from mixer.token_engine import ENGINE_VARIABLE, HARD_TEXTS, FastEncoder, encoder
from mixer.tokens import ENCODINGS

BASE = tiktoken.get_encoding(ENCODINGS["cl100k_base"])
FAST = FastEncoder(BASE)
POOLS = (
    *(
        "abcdefghij ABC",
        "0123456789 .,",
        "\n\r\t  \u00a0\u2003\x85\x1c\u2028",
        "'sStTrReEvVmMlLdD",
        "éüñßøœ ÀÉ",
        "日本語テスト漢字",
    ),
    *(
        "😀👍🏽👨‍👩‍👧 ",
        "الحروف العربية ",
        "\u0301\u0300a",
        "ſKİı'S'ſ",
        "!@#$%^&*()_+-=",
        "\u200b\u200d\ufeff",
        "𝒜𝒷𝒸 𐍈",
        "<|endoftext|>",
    ),
    *(
        "".join(map(chr, range(0x250, 0x600))),
        "".join(map(chr, range(0x1D00, 0x2400))),
        "".join(map(chr, range(0xA490, 0xAB70))),
    ),
)


def test_every_hard_piece_alone_and_in_pairs_has_the_ids_of_tiktoken() -> None:
    assert isinstance(encoder(BASE), FastEncoder)
    pieces = HARD_TEXTS[:-1]
    for text in (*HARD_TEXTS, *(one + other for one in pieces for other in pieces)):
        assert FAST(text).tolist() == BASE.encode_ordinary(text), text


def test_mixed_scripts_have_the_ids_of_tiktoken() -> None:
    drawn = random.Random(1)
    for _ in range(30_000):
        pool = "".join(drawn.choice(POOLS) for _ in range(drawn.randint(1, 3)))
        text = "".join(drawn.choice(pool) for _ in range(drawn.randint(0, 40)))
        assert FAST(text).tolist() == BASE.encode_ordinary(text), text


@settings(max_examples=300)
@given(st.text())
def test_any_text_has_the_ids_of_tiktoken(text: str) -> None:
    assert FAST(text).tolist() == BASE.encode_ordinary(text)


@pytest.mark.parametrize("character", ["a", " ", "\n", "\r", "1", "=", "é", "語", "😀", "\u0301", "\x00", "\u00a0"])
def test_runs_have_the_ids_of_tiktoken(character: str) -> None:
    for length in (3, 1000, 20_000):
        assert FAST(character * length).tolist() == BASE.encode_ordinary(character * length)


def test_half_a_surrogate_pair_is_what_tiktoken_makes_of_it() -> None:
    assert FAST("a\ud800b").tolist() == BASE.encode_ordinary("a\ud800b")


def test_every_character_of_unicode_has_the_ids_of_tiktoken() -> None:
    for start in range(0, sys.maxunicode + 1, 64):
        characters = [chr(code) for code in range(start, start + 64) if not 0xD800 <= code < 0xE000]
        for text in ("a".join(characters), " ".join(characters), "".join(characters)):
            assert FAST(text).tolist() == BASE.encode_ordinary(text), hex(start)


def test_it_starts_anew_before_it_remembers_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_engine, "RENEW_CHARS", 100)
    fast = FastEncoder(BASE)
    first = fast._tokenizer
    fast("a" * 100)
    assert fast._tokenizer is first
    assert fast("b").tolist() == BASE.encode_ordinary("b")
    assert fast._tokenizer is not first


def test_where_it_differs_tiktoken_is_used(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def other(self: FastEncoder, text: str) -> npt.NDArray[np.uint32]:
        return np.zeros(1, np.uint32)

    monkeypatch.setattr(FastEncoder, "__call__", other)
    with caplog.at_level(logging.WARNING):
        encode = encoder(BASE)
    assert encode("some text").tolist() == BASE.encode_ordinary("some text")
    assert "gigatoken differs on" in caplog.text


def test_without_it_tiktoken_is_used(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setitem(sys.modules, "gigatoken", None)
    with caplog.at_level(logging.WARNING):
        encode = encoder(BASE)
    assert encode("some text").tolist() == BASE.encode_ordinary("some text")
    assert "gigatoken does not start" in caplog.text


def test_what_it_stumbles_over_tiktoken_does() -> None:
    class PanicException(BaseException):
        pass

    def panics(_text: str) -> None:
        raise PanicException

    fast = FastEncoder(BASE)
    fast._tokenizer = SimpleNamespace(encode=panics)
    assert fast("some text").tolist() == BASE.encode_ordinary("some text")


def test_a_variable_asks_for_tiktoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "tiktoken")
    assert not isinstance(encoder(BASE), FastEncoder)

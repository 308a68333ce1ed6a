"""The exported tokenizer gives tiktoken's ids."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
import tokenizers

from mixer.tokens import Tokenizer, tokenizer
from trainer.export.tokenizer_json import merges_of, tokenizer_json

TEXTS = [
    "Hello, world!  It's we'll I'VE they'RE x'ſ 'S",
    "  leading, trailing   ",
    "a\n\n  \n\tb\r\n\r\nc \n ",
    "1234567890 12 ½ ² Ⅷ ٣٤٥٦ 12345abc678",
    "def f(x):\n\treturn {'a': [x**2 for _ in range(10)]}  # ok\n\n\n",
    "Größe, naïve café, Ångström, e\u0301 n\u0303",
    "Москва и Санкт-Петербург — города России.",
    "日本語のテキスト、漢字とカタカナ。 中文文本没有空格。 한국어 텍스트",
    "مرحبا بالعالم ١٢٣ שלום עולם",
    "हिन्दी में पाठ, ไทยไม่มีช่องว่าง, தமிழ்",
    "👩‍👩‍👧‍👦 🏳️‍🌈 𝒳𝓎 𐍈 \ufeff",
    "\u00a0\u0085\u2028\u2029\u3000\x0b\x0c a\u00a0 b\u3000\u3000c",
    "\x00\x01\x7f \ufffd \ue000",
    "<|endoftext|> <pr> <|fim_prefix|><file_sep>",
    "x" * 500 + " " * 300 + "-" * 300,
]


@pytest.fixture(scope="module")
def ours() -> Tokenizer:
    return tokenizer("cl100k_base")


@pytest.fixture(scope="module")
def exported(ours: Tokenizer) -> tokenizers.Tokenizer:
    made = tokenizers.Tokenizer.from_str(json.dumps(tokenizer_json(ours)))
    made.encode_special_tokens = True  # text is text, as in the mixtures
    return made


def assert_same(ours: Tokenizer, exported: Any, texts: list[str]) -> None:
    for text, encoding in zip(texts, exported.encode_batch(texts), strict=True):
        assert encoding.ids == ours.encode_text(text), text[:200]


def test_texts_of_many_scripts_get_the_same_ids(ours: Tokenizer, exported: tokenizers.Tokenizer) -> None:
    assert_same(ours, exported, TEXTS)
    for text in TEXTS:
        assert exported.decode(ours.encode_text(text), skip_special_tokens=False) == text


def test_random_characters_get_the_same_ids(ours: Tokenizer, exported: tokenizers.Tokenizer) -> None:
    generator = random.Random(7)
    alphabet = [
        *"aZ9 \n\r\t'",
        *"'sdmtSDMTveVEllLLreRE",
        *"éßſКяअ中あ한ع١²½Ⅳ",
        "\u0301",
        "\u00a0",
        "\u2028",
        "\u200b",
        "💡",
        "<",
        "|",
    ]
    texts = ["".join(generator.choices(alphabet, k=generator.randint(1, 30))) for _ in range(4000)]
    assert_same(ours, exported, texts)


def test_random_code_points_get_the_same_ids(ours: Tokenizer, exported: tokenizers.Tokenizer) -> None:
    """Those of Unicode 15.0, which both engines' tables know."""
    generator = random.Random(8)
    from unicodedata import category

    points = [chr(point) for point in range(0x20, 0x30000) if category(chr(point)) not in ("Cn", "Cs", "Co")]
    texts = ["".join(generator.choices(points, k=20)) for _ in range(2000)]
    assert_same(ours, exported, texts)


def test_special_tokens_have_their_ids(ours: Tokenizer, exported: tokenizers.Tokenizer) -> None:
    assert {token: exported.token_to_id(token) for token in ours.special_tokens} == ours.special_tokens
    reading = tokenizers.Tokenizer.from_str(exported.to_str())
    reading.encode_special_tokens = False
    expected = [ours.special_tokens["<file_sep>"], *ours.encode_text("a b"), ours.end_of_text_id]
    assert reading.encode("<file_sep>a b<|endoftext|>").ids == expected


def test_merges_are_found_from_ranks() -> None:
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"cd": 257, b"bcd": 258, b"abcd": 259}
    assert merges_of(ranks) == [(b"a", b"b"), (b"c", b"d"), (b"b", b"cd"), (b"ab", b"cd")]
    with pytest.raises(ValueError, match="no merge of two others"):
        merges_of({bytes([byte]): byte for byte in range(256)} | {b"abc": 256})


def test_real_documents_get_the_same_ids(ours: Tokenizer, exported: tokenizers.Tokenizer) -> None:
    folder = os.environ.get("MIXDOWN_DATA")
    if not folder:
        pytest.skip("MIXDOWN_DATA names no folder of data")
    files = sorted(path for path in Path(folder).rglob("*.json*") if path.is_file() and path.suffix != ".gz")
    texts = []
    for path in random.Random(9).sample(files, min(40, len(files))):
        texts.append(path.read_bytes()[:30_000].decode("utf-8", "ignore"))
    assert_same(ours, exported, texts)

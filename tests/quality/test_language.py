import os
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality import language
from quality.fasttext import word_block
from quality.fasttext.model import load_model
from quality.input_file import ChangedFile, InputFile
from quality.language import identify
from tests.quality.texts import SENTENCES, documents, multilingual_texts


@pytest.fixture(scope="module")
def oracle() -> Any:
    return fasttext.load_model(str(language.default_model_path()))


def assert_as_fasttext(oracle: Any, texts: list[str]) -> None:
    labels, scores = identify(pa.array(texts, pa.string()))
    for text, label, score in zip(texts, labels.to_pylist(), scores.to_pylist(), strict=True):
        if not text.strip(" \t\n\r\v\f\0"):
            assert (label, score) == ("und", 0.0)
            continue
        (expected_label,), (expected_score,) = oracle.predict(text.replace("\n", " "))
        assert score == pytest.approx(expected_score, abs=1e-4), text
        assert f"__label__{label}" == expected_label, text


def test_languages_are_recognised() -> None:
    labels, scores = identify(pa.array(SENTENCES.values()))
    assert labels.to_pylist() == list(SENTENCES)
    assert min(scores.to_pylist()) > 0.5


def test_as_fasttext_on_several_hundred_texts(oracle: Any) -> None:
    assert_as_fasttext(oracle, multilingual_texts(500))


@settings(max_examples=200, deadline=None)
@given(documents.filter(lambda text: "</s>" not in text))
def test_as_fasttext_on_anything(oracle: Any, text: str) -> None:
    assert_as_fasttext(oracle, [text])


@pytest.mark.skipif("MIXDOWN_DATA" not in os.environ, reason="MIXDOWN_DATA is not set")
def test_as_fasttext_on_real_pages(oracle: Any) -> None:
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    path = Path(os.environ["MIXDOWN_DATA"], "web", "wet", "oscar-io-63docs.warc.wet.gz")
    with path.open("rb") as file:
        records = ArchiveIterator(file, record_types=WarcRecordType.conversion)
        texts = [record.reader.read().decode("utf-8", "replace") for record in records]
    assert len(texts) == 63
    assert_as_fasttext(oracle, texts)


def test_the_end_of_sentence_word_is_left_out_and_reading_goes_on() -> None:
    scores = identify(pa.array(["bonjour </s> tout le monde", "bonjour tout le monde", "bonjour </s>x tout le monde"]))[
        1
    ]
    assert scores[0] == scores[1]
    assert scores[0] != scores[2]


def test_words_from_an_other_slot_owner_are_not_mixed_up() -> None:
    """More distinct words than the cache has slots: each slot changes hands while documents share words."""
    numbers = [f"{i:x}" for i in range(40_000)]
    texts = [SENTENCES["fr"], " ".join(numbers), SENTENCES["fr"], " ".join(reversed(numbers)), SENTENCES["de"]]
    together = identify(pa.array(texts))
    for i, text in enumerate(texts):
        label, score = identify(pa.array([text]))
        assert (together[0][i], together[1][i]) == (label[0], score[0])


def test_words_as_long_as_a_cached_one_and_longer() -> None:
    """Words that are equal in the bytes that the cache keeps, and differ after them."""
    kept = word_block.KEPT_BYTES
    for word in ("Donaudampfschifffahrtsgesellschaft", "достопримечательность", "x" * 100):
        content = word.encode()
        texts = [content[:size].decode(errors="ignore") for size in range(kept - 2, min(len(content), kept + 12))]
        labels, scores = identify(pa.array([*texts, *reversed(texts), " ".join(texts)]))
        alone = [identify(pa.array([text])) for text in texts]
        assert labels.to_pylist()[: len(texts)] == [label[0].as_py() for label, _ in alone]
        assert scores.to_pylist()[: len(texts)] == [score[0].as_py() for _, score in alone]
        assert scores.to_pylist()[len(texts) : -1] == scores.to_pylist()[: len(texts)][::-1]


def test_the_size_of_the_cache_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """With few slots, words of one block take each other's."""
    texts = pa.array([*multilingual_texts(300), *SENTENCES.values()])
    labels, scores = identify(texts)
    monkeypatch.setattr(word_block, "CACHE_BYTES", 0)
    monkeypatch.setattr(word_block, "LEAST_CACHE_SLOTS", 2)
    other_labels, other_scores = identify(texts)
    assert labels.equals(other_labels)
    assert scores.equals(other_scores)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(documents, st.sampled_from(multilingual_texts(20))), min_size=1, max_size=6))
def test_a_result_does_not_depend_on_the_batch(texts: list[str]) -> None:
    labels, scores = identify(pa.array(texts))
    alone = [identify(pa.array([text])) for text in texts]
    assert labels.to_pylist() == [label[0].as_py() for label, _ in alone]
    assert scores.to_pylist() == [score[0].as_py() for _, score in alone]


def test_another_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lid.176.ftz").write_bytes(b"something else")
    with pytest.raises(ChangedFile, match=language.LID_176_SHA256):
        load_model(InputFile(uri=str(tmp_path / "lid.176.ftz"), sha256=language.LID_176_SHA256))


def test_the_model_s_shape() -> None:
    model, labels = language.default_model()
    assert len(labels) == len(model.output_rows) == 176
    assert np.count_nonzero(model.tree.left >= 0) == 175
    n_kept = sum((int(block) & 0xFFFFFFFF).bit_count() for block in model.ngrams.kept)
    assert model.input.rows.shape == (model.dictionary.n_words + n_kept, 16)


def test_a_model_by_path(tmp_path: Path) -> None:
    training = tmp_path / "train.txt"
    training.write_text("__label__one eins zwei drei\n__label__two un deux trois\n" * 50, encoding="utf-8")
    fasttext.train_supervised(str(training), thread=12, dim=8, lr=1.0, epoch=20, verbose=0).save_model(
        str(tmp_path / "m.bin")
    )
    labels, scores = identify(pa.array(["zwei drei", "deux", " "]), InputFile(uri=str(tmp_path / "m.bin")))
    assert labels.to_pylist() == ["one", "two", "und"]
    assert scores.to_pylist()[2] == 0.0

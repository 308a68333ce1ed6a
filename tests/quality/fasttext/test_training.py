import random
from hashlib import sha256
from pathlib import Path

import fasttext
import numpy as np
import pyarrow as pa
import pytest

from quality.fasttext.model import parse_model
from quality.fasttext.model_writer import model_bytes
from quality.fasttext.predict import label_scores
from quality.fasttext.training import train
from quality.fasttext.training_settings import TrainingSettings

SETTINGS = TrainingSettings(dim=16, buckets=2000, epochs=10)


def examples(count: int, seed: int = 0) -> tuple[pa.StringArray, np.ndarray]:
    """Documents whose label shows in some of their words; and in the order of two words alone."""
    draw = random.Random(seed)
    labels = np.array([draw.randrange(2) for _ in range(count)], np.int32)
    texts = []
    for label in labels:
        words = [draw.choice(("the", "of", "größer", "日本")) for _ in range(10)]
        words[3:3] = ["left", "right"] if label else ["right", "left"]
        texts.append(" ".join(words))
    return pa.array(texts), labels


def trained(settings: TrainingSettings = SETTINGS, seed: int = 0) -> bytes:
    texts, labels = examples(1500, seed)
    vocabulary, weights = train(texts, labels, 2, settings)
    return b"".join(model_bytes(settings, vocabulary, [(b"__label__a", 750), (b"__label__b", 750)], *weights))


def test_the_same_documents_give_the_same_bytes() -> None:
    digests = {sha256(trained()).hexdigest() for _ in range(3)}
    assert len(digests) == 1
    assert sha256(trained(SETTINGS.model_copy(update={"seed": 1}))).hexdigest() not in digests
    assert sha256(trained(seed=1)).hexdigest() not in digests


def test_word_order_is_learned_with_bigrams_and_not_without() -> None:
    texts, labels = examples(400, seed=7)
    scores = {}
    for n in (1, 2):
        content = trained(SETTINGS.model_copy(update={"word_ngrams": n, "lr": 0.5}))
        model = parse_model(np.frombuffer(content, np.uint8), "model")
        scores[n] = float(((label_scores(texts, model, "b") > 0.5) == labels).mean())
    assert scores[2] > 0.99
    assert scores[1] < 0.65


def test_fasttext_reads_the_model_and_says_the_same(tmp_path: Path) -> None:
    content = trained()
    (tmp_path / "model.bin").write_bytes(content)
    oracle = fasttext.load_model(str(tmp_path / "model.bin"))
    texts, _ = examples(50, seed=3)
    scores = label_scores(texts, parse_model(np.frombuffer(content, np.uint8), "model"), "b")
    for text, score in zip(texts.to_pylist(), scores, strict=True):
        labels, expected = oracle.predict(text, k=2)
        assert score == pytest.approx(dict(zip(labels, expected, strict=True))["__label__b"], abs=1e-5)


def test_training_is_as_good_as_fasttexts(tmp_path: Path) -> None:
    texts, labels = examples(1500)
    lines = [f"__label__{'ab'[label]} {text}\n" for text, label in zip(texts.to_pylist(), labels, strict=True)]
    (tmp_path / "train.txt").write_text("".join(lines), encoding="utf-8")
    theirs = fasttext.train_supervised(
        str(tmp_path / "train.txt"), dim=16, wordNgrams=2, bucket=2000, epoch=10, thread=12, verbose=0
    )
    held_out, expected = examples(400, seed=9)
    right = np.mean(
        [
            theirs.predict(text)[0][0] == f"__label__{'ab'[label]}"
            for text, label in zip(held_out.to_pylist(), expected, strict=True)
        ]
    )
    model = parse_model(np.frombuffer(trained(), np.uint8), "model")
    ours = ((label_scores(held_out, model, "b") > 0.5) == expected).mean()
    assert ours >= right - 0.02


def test_text_cannot_inject_labels_or_end_a_document() -> None:
    plain = pa.array(["one two three", "four five six"] * 10)
    hostile = pa.array(["one __label__b two three", "four </s> five six __label__a"] * 10)
    labels = np.array([0, 1] * 10, np.int32)
    weights = [train(texts, labels, 2, SETTINGS)[1] for texts in (plain, hostile)]
    assert np.array_equal(weights[0].input_rows, weights[1].input_rows)
    assert np.array_equal(weights[0].output_rows, weights[1].output_rows)


def test_rare_words_have_no_vector_of_their_own() -> None:
    vocabulary, _ = train(
        pa.array(["a a b", "a c c"]), np.array([0, 1], np.int32), 2, SETTINGS.model_copy(update={"min_count": 2})
    )
    assert vocabulary.words == [b"a", b"</s>", b"c"]
    assert vocabulary.counts == [3, 2, 2]
    assert vocabulary.n_tokens == 8

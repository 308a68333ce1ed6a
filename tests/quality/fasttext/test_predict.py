"""fastText's own predict is the answer that ours is compared with, on models that it trained itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from quality.fasttext import matrix
from quality.fasttext.model import LabelledModel, load_model, parse_model
from quality.fasttext.predict import best_labels, label_scores
from quality.fasttext.reader import ModelFileError
from quality.input_file import InputFile
from tests.quality.fasttext.models import FORMS, QUANTIZED, QUANTIZED_FORM, train
from tests.quality.texts import documents, multilingual_texts

TABLE_STEP = 0.0079  # between neighbours of fastText's table of the sigmoid, which rounding may choose between

Pair = tuple[Any, LabelledModel]


@pytest.fixture(scope="module")
def pair_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Pair]:
    """fastText's model of a form, and ours of the same file."""
    pairs: dict[str, Pair] = {}

    def pair(name: str) -> Pair:
        if name not in pairs:
            folder = tmp_path_factory.mktemp("model")
            if name in FORMS:
                model = train(folder, name, **FORMS[name])
            else:
                model = train(folder, name, n_labels=300 if QUANTIZED[name].get("qout") else 4, **QUANTIZED_FORM)
                model.quantize(str(folder / f"{name}.txt"), thread=1, **QUANTIZED[name])
            model.save_model(str(folder / "model.bin"))
            oracle = fasttext.load_model(str(folder / "model.bin"))
            pairs[name] = (oracle, load_model(InputFile(uri=str(folder / "model.bin"))))
        return pairs[name]

    return pair


def assert_as_fasttext(pair: Pair, texts: list[str], tolerance: float) -> None:
    oracle, ours = pair
    scores = {label: label_scores(pa.array(texts, pa.string()), ours, label) for label in ours.labels[:4]}
    numbers, best = best_labels(pa.array(texts, pa.string()), ours)
    for row, text in enumerate(texts):
        labels, expected = oracle.predict(text.replace("\n", " "), k=-1)
        if not labels:
            assert all(np.isnan(own[row]) for own in scores.values())
            continue
        answer = dict(zip(labels, expected.tolist(), strict=True))  # without those below 1e-5 in a tree
        for label, own in scores.items():
            assert own[row] == pytest.approx(answer.get(label, 0.0), abs=tolerance), (text, label)
        if text.strip(" \t\n\r\v\f\0"):
            assert best[row] == pytest.approx(expected[0], abs=tolerance)
            # Labels that are as probable as each other to the last digits may change places.
            assert answer[ours.labels[numbers[row]]] == pytest.approx(expected[0], abs=tolerance)


TEXTS = [
    *multilingual_texts(60),
    "word1 word2 word3 größer 日本語",
    "word250\nword251\tword252",
    "",
    " ",
    "a",
    "<",
    "nothing known",
    "__label__hq word7 __label__other",
    "word5 " * 500,
    "日本語" * 300,
]


@pytest.mark.parametrize("name", [*FORMS, *QUANTIZED])
def test_labels_and_scores_are_fasttexts(name: str, pair_of: Callable[[str], Pair]) -> None:
    is_from_table = name in ("one_vs_all", "negative_sampling")
    assert_as_fasttext(pair_of(name), TEXTS, TABLE_STEP if is_from_table else 2e-5)


@pytest.mark.parametrize("name", ["both", "hierarchical", "everything"])
def test_as_fasttext_on_anything(name: str, pair_of: Callable[[str], Pair]) -> None:
    @settings(max_examples=150, deadline=None)
    @given(documents.filter(lambda text: "</s>" not in text))
    def check(text: str) -> None:
        assert_as_fasttext(pair_of(name), [text], 2e-5)

    check()


def test_a_quantized_matrix_that_is_too_large_to_decode(
    pair_of: Callable[[str], Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle, _ = pair_of("everything")
    oracle.save_model(str(tmp_path / "model.ftz"))
    monkeypatch.setattr(matrix, "MAX_DECODED_BYTES", 0)
    coded = parse_model(np.fromfile(tmp_path / "model.ftz", np.uint8), "model.ftz")
    assert len(coded.model.input.codes)
    assert_as_fasttext((oracle, coded), TEXTS, 2e-5)


def test_only_the_first_line_counts_where_lines_are_not_joined(pair_of: Callable[[str], Pair]) -> None:
    _, ours = pair_of("word_ngrams")
    text = pa.array(["word1 word2\nword299", "word1 word2 word299", "word1 word2"])
    joined, first = label_scores(text, ours, "hq"), label_scores(text, ours, "hq", join_lines=False)
    assert joined[0] == joined[1] == first[1] != joined[2]
    assert first[0] == first[2] == joined[2]


def test_a_label_that_the_model_lacks_is_named(pair_of: Callable[[str], Pair]) -> None:
    with pytest.raises(ModelFileError, match="no label 'good'; it has 4: __label__"):
        label_scores(pa.array(["text"]), pair_of("words")[1], "good")


@pytest.mark.parametrize(
    "text", ["\0" * 100_000, "\n" * 1_000_000, "😀" * 100_000, "\u202e\u200f" * 1000, "x" * (1 << 20)]
)
def test_hostile_texts(text: str, pair_of: Callable[[str], Pair]) -> None:
    for name in ("both", "pruned"):
        alone = label_scores(pa.array([text]), pair_of(name)[1], "cc")
        assert np.isfinite(alone).all()
        assert label_scores(pa.array(["word1", text]), pair_of(name)[1], "cc")[1] == alone[0]

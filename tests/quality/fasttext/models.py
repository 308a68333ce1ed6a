"""Models of every form, trained by fastText itself."""

import random
from pathlib import Path
from typing import Any

import fasttext

LABELS = ("hq", "cc", "forum", "code")

FORMS: dict[str, dict[str, Any]] = {
    "words": {"dim": 10},
    "word_ngrams": {"dim": 100, "wordNgrams": 2, "bucket": 5000},
    "long_word_ngrams": {"dim": 7, "wordNgrams": 5, "bucket": 777},
    "char_ngrams": {"dim": 16, "minn": 2, "maxn": 4, "bucket": 3000},
    "single_characters": {"dim": 5, "minn": 1, "maxn": 3, "bucket": 4096},
    "both": {"dim": 33, "minn": 3, "maxn": 6, "wordNgrams": 3, "bucket": 10_000},
    "hierarchical": {"dim": 12, "loss": "hs", "wordNgrams": 2, "bucket": 100},
    "one_vs_all": {"dim": 12, "loss": "ova", "minn": 2, "maxn": 3, "bucket": 1000},
    "negative_sampling": {"dim": 12, "loss": "ns"},
    "rare_words_left_out": {"dim": 8, "minCount": 30, "wordNgrams": 2, "bucket": 500},
}
QUANTIZED: dict[str, dict[str, Any]] = {
    "plain": {},
    "norms": {"qnorm": True},
    "output": {"qout": True},
    "pruned": {"cutoff": 400, "retrain": True},
    "everything": {"cutoff": 350, "retrain": True, "qnorm": True, "qout": True},
}
# Quantizing takes at least 256 rows, of the output too when that is quantized.
QUANTIZED_FORM: dict[str, Any] = {"dim": 15, "minn": 2, "maxn": 3, "wordNgrams": 2, "bucket": 3000}


def write_training_file(path: Path, n_labels: int = len(LABELS)) -> None:
    """Documents of words that depend on the label, some of them not ASCII."""
    draw = random.Random(0)
    words = [f"word{i}" for i in range(300)] + ["größer", "日本語", "слово", "don't", "x" * 60, "😀"]
    lines = []
    for i in range(1200):
        label = i % n_labels
        name = LABELS[label] if n_labels <= len(LABELS) else f"label{label}"
        own = words[label * 7 % 200 :][:120]
        lines.append(f"__label__{name} {' '.join(draw.choice(own) for _ in range(draw.randint(1, 30)))}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def train(folder: Path, name: str, n_labels: int = len(LABELS), **form: Any) -> Any:
    """fastText's model of that form. With a dozen threads it writes to all of its first weights, with one it does not."""
    path = folder / f"{name}.txt"
    write_training_file(path, n_labels)
    return fasttext.train_supervised(str(path), thread=12, epoch=5, lr=0.5, verbose=0, **form)

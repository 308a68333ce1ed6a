"""Prediction: what fastText's `predict` says of every document of a batch, by compiled kernels on Arrow's bytes."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quality.arrow_text import Bytes, Offsets, text_buffers
from quality.fasttext.mean_vector import Scratch, mean_vector, new_scratch
from quality.fasttext.model import FastTextModel, LabelledModel
from quality.fasttext.probability import NO_LABEL, best_label, label_score, sigmoid_table
from quality.kernel import lean_kernel

Floats = npt.NDArray[np.float32]

NEWLINE = ord("\n")


def best_labels(
    text: pa.StringArray | pa.LargeStringArray, labelled: LabelledModel
) -> tuple[npt.NDArray[np.int32], Floats]:
    """For every document the number of its most probable label (-1: it has no words) and that one's score."""
    data, offsets = text_buffers(text)
    numbers = np.empty(len(text), np.int32)
    scores = np.empty(len(text), np.float32)
    scratch = _scratch(labelled.model, offsets)
    _best_labels(data, offsets, labelled.model, scratch, *_label_scratch(labelled.model), numbers, scores)
    return numbers, scores


def label_scores(
    text: pa.StringArray | pa.LargeStringArray, labelled: LabelledModel, label: str, join_lines: bool = True
) -> Floats:
    """float32[documents]: the score of `label`; NaN where the model knows nothing of what the document holds.

    With `join_lines` a newline is a space, else only the first line is read. ModelFileError for an unknown label.
    """
    number = labelled.label_number(label)
    data, offsets = text_buffers(text)
    ends = offsets[1:] if join_lines else _first_line_ends(data, offsets)
    scores = np.empty(len(text), np.float32)
    scratch = _scratch(labelled.model, offsets)
    _label_scores(data, offsets, ends, labelled.model, number, scratch, *_label_scratch(labelled.model), scores)
    return scores


def _scratch(model: FastTextModel, offsets: Offsets) -> Scratch:
    return new_scratch(model, int(np.diff(offsets).max(initial=0)))


def _label_scratch(model: FastTextModel) -> tuple[Floats, npt.NDArray[np.int32], Floats]:
    n_labels = len(model.output_rows)
    return np.empty(n_labels + 1, np.float32), np.empty(n_labels + 1, np.int32), sigmoid_table()


def _first_line_ends(data: Bytes, offsets: Offsets) -> Offsets:
    ends = np.empty(len(offsets) - 1, np.int64)
    _find_first_newlines(data, offsets, ends)
    return ends


@lean_kernel
def _find_first_newlines(data: Any, offsets: Any, ends: Any) -> None:
    for i in range(len(ends)):
        at = offsets[i]
        while at < offsets[i + 1] and data[at] != NEWLINE:
            at += 1
        ends[i] = at


@lean_kernel
def _best_labels(
    data: Any, offsets: Any, model: Any, scratch: Any, of_labels: Any, nodes: Any, sigmoid: Any, numbers: Any, out: Any
) -> None:
    for i in range(len(offsets) - 1):
        n_vectors, has_words = mean_vector(data, offsets[i], offsets[i + 1], model, scratch)
        if has_words and n_vectors > 0:
            numbers[i], out[i] = best_label(model, scratch.mean, of_labels, nodes, sigmoid)
        else:
            numbers[i], out[i] = NO_LABEL, 0.0


@lean_kernel
def _label_scores(
    data: Any,
    offsets: Any,
    ends: Any,
    model: Any,
    label: int,
    scratch: Any,
    of_labels: Any,
    _nodes: Any,
    sigmoid: Any,
    out: Any,
) -> None:
    for i in range(len(ends)):
        n_vectors, _ = mean_vector(data, offsets[i], ends[i], model, scratch)
        out[i] = label_score(model, label, scratch.mean, of_labels, sigmoid) if n_vectors > 0 else np.nan

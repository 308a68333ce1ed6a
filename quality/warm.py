"""Warming: compile every kernel once, so that no worker has to: `python -m quality.warm`, at set-up and in images."""

import numpy as np
import pyarrow as pa

from quality.decontamination import warm as decontamination
from quality.edits import EDIT, apply_edits
from quality.fasttext.predict import label_scores
from quality.language import default_model
from quality.lists.phrases import phrases_of
from quality.signal_group import documents_of, measure_groups, signal_groups
from quality.signals.unsafe_words import word_counts
from quality.words.split_texts import split_texts


def warm() -> None:
    """Compile every kernel of this package into numba's cache; quick where that is already done.

    Both kinds of string have the same compiled version: offsets are widened before a kernel sees them.
    """
    text = pa.array(["A few words are enough."])
    asked = {name: group.settings() for name, group in signal_groups().items() if group.measured_for}
    measure_groups(documents_of(text), asked)
    label_scores(text, default_model(), "en", join_lines=False)  # as the group `classifiers`, which needs a model
    decontamination.warm()
    word_counts(text, phrases_of(["few"]))
    split_texts(np.full(3, ord("a"), np.uint32), np.array([0, 3]), np.ones(1, np.int8))
    apply_edits(text, np.array([(0, 0, 2, 0)], EDIT))


if __name__ == "__main__":
    warm()

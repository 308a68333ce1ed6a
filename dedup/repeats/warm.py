"""Compile the kernels of repeats."""

import numpy as np
import pyarrow as pa

from dedup.repeats.lines import line_occurrences
from dedup.repeats.occurrences import Texts, later
from dedup.repeats.settings import LineSettings
from dedup.repeats.windows import anchor_set, anchors, windows


def warm_repeats() -> None:
    """Run every kernel on a sentence, with the argument types of real use."""
    places = np.zeros(1, np.int64)
    texts = Texts(pa.array(["the quick brown fox jumps over the lazy dog"], pa.large_string()), places, places)
    later(line_occurrences(texts, LineSettings()), 1)
    windows(texts, 32, anchor_set(anchors(texts, 32).value))

"""What the kernels of repeats make of hostile input, as one digest; `python -m tests.dedup.repeats.hostile` prints it."""

from hashlib import blake2b

import numpy as np

from dedup.repeats.lines import line_occurrences
from dedup.repeats.occurrences import Texts, later
from dedup.repeats.settings import LineSettings
from dedup.repeats.windows import anchor_set, anchors, windows
from tests.dedup.hostile import bounds_are_checked, hostile_array


def digest() -> str:
    """One hash over every kernel's results."""
    text = hostile_array()
    rows = np.arange(len(text), dtype=np.int64)
    texts = Texts(text, rows[::-1].copy(), rows)
    result = blake2b()
    for settings in (LineSettings(), LineSettings(unit="line", min_bytes=1), LineSettings(min_bytes=1)):
        found = line_occurrences(texts, settings)
        for column in (*found, later(found, 1)):
            result.update(column.tobytes())
    for window_bytes in (32, 33, 200):
        selected = anchors(texts, window_bytes)
        found, cuts = windows(texts, window_bytes, anchor_set(selected.value))
        for column in (*selected, *found, *cuts, later(found, 1)):
            result.update(column.tobytes())
    return result.hexdigest()


if __name__ == "__main__":
    assert bounds_are_checked()
    print(digest())

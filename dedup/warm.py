"""Compile the kernels into numba's cache beside the package: once at set-up, not in every worker."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.bands import band_hashes
from dedup.datatrove.minhash import Spans
from dedup.exact import content_hashes
from dedup.greedy import surviving
from dedup.repeats.warm import warm_repeats
from dedup.settings import DedupSettings
from dedup.shingle_sets import pair_similarities, shingle_sets
from dedup.signatures import signatures


def warm() -> None:
    """Run every kernel on a sentence, with the argument types of real use."""
    text = pa.array(["the quick brown fox jumps over the lazy dog"])
    content_hashes(text)
    for settings in (DedupSettings(), DedupSettings(scheme="fineweb")):
        lanes, _ = signatures(text, settings, characters_as_words)
        band_hashes(lanes, settings.bands, settings.rows)
        values, offsets = shingle_sets(text, settings, characters_as_words)
        pair_similarities(values, offsets, np.zeros((1, 2), np.int64), np.zeros(1))
    bands, known = np.zeros((1, 1), np.int64), np.zeros(1, np.bool_)
    surviving(bands, known, 1.0, np.zeros((1, 1), np.uint32))
    warm_repeats()


def characters_as_words(code_points: NDArray[np.uint32], offsets: NDArray[np.int64], first_document: int) -> Spans:
    """A splitter of words of one character each; spaces are words, too."""
    del code_points, first_document
    starts = np.concatenate([np.arange(size, dtype=np.int32) for size in np.diff(offsets)])
    return starts, starts + np.int32(1), offsets


if __name__ == "__main__":
    warm()

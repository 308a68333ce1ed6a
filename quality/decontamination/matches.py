"""Documents against the index: what was found, slice by slice, so that memory is bounded whatever was found."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quality.arrow_text import Bytes, Offsets
from quality.decontamination.folding import folding_table
from quality.decontamination.index import BenchmarkIndex
from quality.decontamination.ngram_matches import find_ngrams
from quality.decontamination.runs import RUN
from quality.decontamination.spans import Runs
from quality.decontamination.verbatim_index import stripped_bytes
from quality.decontamination.verbatim_matches import find_verbatim

SLICE_BYTES = 4 << 20  # of text at a time; a run has 16 bytes, and there may be one for each byte of text


class Matches(NamedTuple):
    """What was found in some consecutive documents, numbered from 0 among them."""

    data: Bytes
    offsets: Offsets
    n_ngrams: npt.NDArray[np.int64]
    word_runs: Runs
    verbatim_runs: Runs


def matches(data: Bytes, offsets: Offsets, index: BenchmarkIndex) -> Iterator[Matches]:
    """All documents data[offsets[i]:offsets[i + 1]], in slices of about SLICE_BYTES."""
    last_of_item = np.empty(len(index.items.item_number), np.int64)
    for part in slices(offsets, SLICE_BYTES):
        n_ngrams = np.zeros(len(part) - 1, np.int64)
        runs = np.empty(int(part[-1] - part[0]), RUN)  # pages that nobody writes to take no memory
        n = find_ngrams(data, part, folding_table(), index.ngrams, last_of_item, runs, n_ngrams)
        word_runs = runs[:n].copy()
        n = find_verbatim(data, part, stripped_bytes(), index.verbatim, last_of_item, runs)
        yield Matches(data, part, n_ngrams, word_runs, runs[:n].copy())


def slices(offsets: Offsets, n_bytes: int) -> Iterator[Offsets]:
    """The offsets in pieces that share their ends, each of at most `n_bytes` or one document."""
    first = 0
    while first < len(offsets) - 1:
        end = int(np.searchsorted(offsets, offsets[first] + n_bytes, "right")) - 1
        end = min(max(end, first + 1), len(offsets) - 1)
        yield offsets[first : end + 1]
        first = end

"""The words of datatrove's signatures: what quality knows of splitting, for dedup to call."""

from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.datatrove.minhash import Spans, WordSplitter
from quality.words.split_texts import split_texts
from quality.words.splitters import splitter_numbers


def word_splitter(languages: pa.StringArray) -> WordSplitter:
    """A splitter for documents of these identified languages (ISO 639; null, where none was measured: English)."""
    return partial(_split, splitter_numbers(languages))


def _split(
    splitters: npt.NDArray[np.int8], code_points: npt.NDArray[np.uint32], offsets: npt.NDArray[np.int64], first: int
) -> Spans:
    return split_texts(code_points, offsets, splitters[first : first + len(offsets) - 1])

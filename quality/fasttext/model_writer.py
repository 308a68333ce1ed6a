"""Writing a model in fastText's format (`fasttext.cc`, version 12), so that fastText reads what was trained here."""

import struct
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from quality.fasttext.dictionary import LABEL, WORD
from quality.fasttext.model import MAGIC, SOFTMAX, SUPERVISED, VERSIONS
from quality.fasttext.training_settings import TrainingSettings
from quality.fasttext.vocabulary import Vocabulary

CHUNK_ROWS = 1 << 14


def model_bytes(
    settings: TrainingSettings,
    vocabulary: Vocabulary,
    labels: list[tuple[bytes, int]],
    input_rows: npt.NDArray[np.float32],
    output_rows: npt.NDArray[np.float32],
) -> Iterator[bytes]:
    """The file, piece by piece; `labels` are with how often each was seen, in the order of `output_rows`."""
    yield struct.pack("<ii", MAGIC, VERSIONS[-1])
    yield struct.pack(
        "<12id",
        *(settings.dim, 5, settings.epochs, settings.min_count, 5, settings.word_ngrams, SOFTMAX, SUPERVISED),
        *(settings.buckets, 0, 0, 100, 1e-4),
    )
    n_words = len(vocabulary.words)
    yield struct.pack("<iiiqq", n_words + len(labels), n_words, len(labels), vocabulary.n_tokens, -1)
    for word, count in zip(vocabulary.words, vocabulary.counts, strict=True):
        yield word + b"\0" + struct.pack("<qb", count, WORD)
    for label, count in labels:
        yield label + b"\0" + struct.pack("<qb", count, LABEL)
    yield from _matrix(input_rows)
    yield from _matrix(output_rows)


def _matrix(rows: npt.NDArray[np.float32]) -> Iterator[bytes]:
    yield struct.pack("<?qq", False, *rows.shape)
    for first in range(0, len(rows), CHUNK_ROWS):
        yield rows[first : first + CHUNK_ROWS].astype("<f4").tobytes()

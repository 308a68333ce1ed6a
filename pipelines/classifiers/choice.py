"""Which documents a classifier learns from: equal numbers of both labels, chosen, ordered and split by hashes of texts.

So neither partitions nor the order of files matter, and equal texts are never on both sides of the split.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.classifiers.examples import Examples, text_key

KEY = np.dtype("S16")
Keys = npt.NDArray[np.bytes_]


@dataclass(frozen=True)
class Chosen:
    """Documents of all labels, in the order of their keys."""

    texts: pa.LargeStringArray
    labels: npt.NDArray[np.int32]
    held_out: npt.NDArray[np.bool_]
    found: list[int]  # by label: different texts
    ambiguous: int  # texts of more than one label, which none gets


def choose(
    of_labels: Sequence[Sequence[Examples]], seed: int, max_documents: int | None, held_out_share: float
) -> Chosen:
    """Of each label as many documents as the smallest has, at most `max_documents`; two passes over the texts."""
    keys = [np.unique(_keys(examples, seed)) for examples in of_labels]
    counted = np.unique(np.concatenate(keys), return_counts=True)
    ambiguous = counted[0][counted[1] > 1]
    keys = [np.setdiff1d(own, ambiguous) for own in keys]
    wanted = min(*(len(own) for own in keys), *([max_documents] if max_documents else []))
    taken = {bytes(key): label for label, own in enumerate(keys) for key in own[:wanted]}
    texts: dict[bytes, str] = {}
    for examples in of_labels:
        for key, text in _texts(examples, seed):
            if key in taken:
                texts[key] = text
    order = sorted(texts)
    return Chosen(
        texts=pa.array([texts[key] for key in order], pa.large_string()),
        labels=np.array([taken[key] for key in order], np.int32),
        held_out=np.array([_is_held_out(key, held_out_share) for key in order], np.bool_),
        found=[len(own) for own in keys],
        ambiguous=len(ambiguous),
    )


def _keys(examples: Sequence[Examples], seed: int) -> Keys:
    return np.array([key for key, _ in _texts(examples, seed)], KEY)


def _texts(examples: Sequence[Examples], seed: int) -> Iterable[tuple[bytes, str]]:
    """(key, text) of every document that is not empty."""
    for of_place in examples:
        for batch in of_place.texts():
            for text in batch.to_pylist():
                if text and not text.isspace():
                    # NumPy drops zero bytes at the end of a string, so none is there.
                    yield text_key(text.encode(), seed).replace(b"\0", b"\1"), text


def _is_held_out(key: bytes, share: float) -> bool:
    """By the key's last half; its first half decided whether the document was chosen."""
    return int.from_bytes(key[8:], "big") < share * 2**64

"""Seeded orders from 64-bit mixing: the same on every machine and every library version.

NumPy's generators may change their streams between releases, so orders are sorts by a mixed key instead.
"""

import hashlib

import numpy as np
import numpy.typing as npt

UInt64s = npt.NDArray[np.uint64]

# splitmix64's finaliser (Steele, Lea, Flood 2014)
_MULTIPLY_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLY_2 = np.uint64(0x94D049BB133111EB)


def mix64(values: UInt64s) -> UInt64s:
    """A bijective scramble of 64-bit values."""
    mixed = (values ^ (values >> np.uint64(30))) * _MULTIPLY_1  # wraps modulo 2**64, as meant
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MULTIPLY_2
    result: UInt64s = mixed ^ (mixed >> np.uint64(31))
    return result


def key64(*parts: str | int) -> np.uint64:
    """A 64-bit key of the given parts, e.g. (seed, source, epoch)."""
    text = "\0".join(str(part) for part in parts)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def seeded_order(values: UInt64s, key: np.uint64) -> npt.NDArray[np.int64]:
    """The permutation that sorts `values` by their scramble under `key`; equal values keep their order."""
    scrambled = mix64(mix64(values ^ key) + key)
    order: npt.NDArray[np.int64] = np.argsort(scrambled, kind="stable").astype(np.int64)
    return order


def document_order_hash(salt: str, doc_id: str) -> int:
    """Where a document stands in its source: a hash of (lake salt, document id), below 2**64."""
    digest = hashlib.blake2b(f"{salt}\0{doc_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")

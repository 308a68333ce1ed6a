"""Input that kernels might stumble over, and one digest of all they make of it.

`python -m tests.dedup.hostile` prints the digest; the bounds-checked run of the tests is this in another process.
"""

import random
from hashlib import blake2b

import numpy as np
import pyarrow as pa

from dedup.bands import band_hashes
from dedup.exact import content_hashes
from dedup.kernels import UNITS_AT_ONCE, hash_shingles
from dedup.settings import DedupSettings
from dedup.shingle_sets import pair_similarities, shingle_sets
from dedup.signatures import signatures
from dedup.warm import characters_as_words

SETTINGS = (
    DedupSettings(),
    DedupSettings(ngram=1, bands=2, rows=1),
    DedupSettings(ngram=64),
    DedupSettings(shingle="characters"),
    DedupSettings(shingle="characters", ngram=1),
    DedupSettings(hashing="datatrove"),
    DedupSettings(hashing="datatrove", ngram=1),
)
_LEADS_WITHOUT_REST = [bytes([lead]) for lead in range(0x80, 0x100)]


def hostile_array() -> pa.StringArray:
    """Malformed UTF-8 (cut, overlong, random), nothing but spaces, and texts around the size of the word buffer."""
    generator = random.Random(13)
    pieces = [*_LEADS_WITHOUT_REST, b"", b" " * 1000, b"\x00" * 50, b"\xf4\x90\x80\x80", b"\xed\xa0\x80", b"a" * 10_000]
    pieces += [generator.randbytes(generator.randrange(400)) for _ in range(50)]
    pieces += [b"a " * (UNITS_AT_ONCE + extra) for extra in range(-2, 9)]
    pieces += ["科".encode() * (UNITS_AT_ONCE + extra) for extra in range(-2, 9)]
    offsets = np.cumsum([0] + [len(piece) for piece in pieces]).astype(np.int32)
    return pa.StringArray.from_buffers(len(pieces), pa.py_buffer(offsets), pa.py_buffer(b"".join(pieces)))


def digest() -> str:
    """One hash over every kernel's results."""
    text = hostile_array()
    result = blake2b(b"".join(content_hashes(text).to_pylist()))
    for settings in SETTINGS:
        lanes, has_shingles = signatures(text, settings, characters_as_words)
        result.update(lanes[has_shingles].tobytes() + has_shingles.tobytes())
        result.update(band_hashes(lanes, settings.bands, settings.rows).tobytes())
        values, offsets = shingle_sets(text, settings, characters_as_words)
        similarities = np.empty(len(text) - 1)
        pair_similarities(
            values, offsets, np.column_stack([np.arange(len(text) - 1), np.arange(1, len(text))]), similarities
        )
        result.update(values.tobytes() + similarities.tobytes())
    return result.hexdigest()


def bounds_are_checked() -> bool:
    """Whether a kernel that is told to write past its array's end notices."""
    try:
        hash_shingles(np.zeros(3, np.uint64), 3, 1, np.zeros(2, np.uint64))
    except IndexError:
        return True
    return False


if __name__ == "__main__":
    assert bounds_are_checked()
    print(digest())

"""Damaged inputs: seeded bit flips, overwritten bytes, cuts, copies and splices of valid ones.

A case is a function of (samples, seed, number) alone, so a number that failed is a failure that can be seen again.
"""

import random
from collections.abc import Callable, Sequence

MAX_CHANGES = 4  # of one case
MAX_RUN_BYTES = 256  # of what is flipped, overwritten or made up at once
# Bytes with a meaning in one of the formats: ends, quotes, brackets, tags, escapes, sizes at their limits.
TELLING = b"\x00\x01\x7f\x80\xff\r\n\t \"'<>{}[]&;:,\\/%=-0129eE"

Change = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def mutated(samples: Sequence[bytes], seed: int, number: int) -> bytes:
    """Case `number` of `seed`: one of `samples` with one to MAX_CHANGES changes."""
    draw = random.Random(f"{seed}:{number}")  # a string is hashed by SHA-512: the same everywhere
    data = draw.choice(samples)
    for _ in range(draw.randint(1, MAX_CHANGES)):
        data = draw.choice(CHANGES)(draw, data, samples)
    return data


def _flip_bits(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _flip in range(draw.randint(1, 8) if data else 0):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _overwrite(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, stop = _range(draw, data)
    return data[:start] + bytes(draw.choice(TELLING) for _ in range(stop - start)) + data[stop:]


def _insert(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = draw.randint(0, len(data))
    made_up = draw.randbytes(draw.randint(1, 16)) if draw.random() < 0.5 else bytes(draw.choices(TELLING, k=3))
    return data[:at] + made_up + data[at:]


def _truncate(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: draw.randint(0, len(data))]


def _behead(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[draw.randint(0, len(data)) :]


def _delete(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, stop = _range(draw, data)
    return data[:start] + data[stop:]


def _repeat(draw: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, stop = _range(draw, data)
    return data[:stop] + data[start:stop] * draw.choice((1, 1, 2, 50)) + data[stop:]


def _splice(draw: random.Random, data: bytes, samples: Sequence[bytes]) -> bytes:
    other = draw.choice(samples)
    return data[: draw.randint(0, len(data))] + other[draw.randint(0, len(other)) :]


def _range(draw: random.Random, data: bytes) -> tuple[int, int]:
    start = draw.randint(0, len(data))
    return start, min(len(data), start + draw.randint(1, MAX_RUN_BYTES))


CHANGES: tuple[Change, ...] = (_flip_bits, _overwrite, _insert, _truncate, _behead, _delete, _repeat, _splice)

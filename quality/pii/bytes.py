"""Classes of bytes that addresses, numbers and keys consist of, and comparing bytes with short phrases."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.kernel import called_kernel, kernel

DIGIT = 1
UPPER = 2
LOWER = 4
HEX = 8
LOCAL = 16  # of the part before an @, as addresses are in practice; RFC 5322 allows more
BASE64URL = 32
SECRET = 64  # of a password or key in a string: printable, but what templates, paths and code are made of
QUOTE = 128
LETTER = UPPER | LOWER
ALPHANUMERIC = LETTER | DIGIT


def _classes() -> npt.NDArray[np.uint8]:
    digits, upper = b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    alphanumeric = digits + upper + upper.lower()
    classes = np.zeros(256, np.uint8)
    for members, bit in (
        (digits, DIGIT),
        (upper, UPPER),
        (upper.lower(), LOWER),
        (digits + b"ABCDEFabcdef", HEX),
        (alphanumeric + b"._%+-", LOCAL),
        (alphanumeric + b"-_", BASE64URL),
        (alphanumeric + b"+/=-_.~!@#^&*?", SECRET),
        (b"\"'`", QUOTE),
    ):
        classes[list(members)] |= bit
    return classes


CLASSES = _classes()


@kernel
def is_of(byte: int, classes: int) -> bool:
    """The byte is of one of the classes."""
    return bool((CLASSES[byte] & classes) != 0)


@kernel
def is_word(byte: int) -> bool:
    r"""The byte is an ASCII letter, a digit or an underscore."""
    return is_of(byte, ALPHANUMERIC) or byte == ord("_")


@kernel
def lower(byte: int) -> int:
    """The byte, an ASCII letter in lower case."""
    return byte + 32 if is_of(byte, UPPER) else byte


@called_kernel
def run_end(data: Any, start: int, end: int, classes: int) -> int:
    """Where the run of bytes of `classes` that begins at `start` ends: `end` at the latest."""
    at = start
    while at < end and is_of(data[at], classes):
        at += 1
    return at


class Phrases(NamedTuple):
    """Byte strings one after the other, in lower case: string i is data[offsets[i]:offsets[i + 1]]."""

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]


def phrases(texts: Iterable[str]) -> Phrases:
    """The texts as kernels compare them: UTF-8, ASCII letters in any case."""
    encoded = [text.lower().encode() for text in texts]
    return Phrases(np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)]).astype(np.int64))


@kernel
def stands_at(data: Any, at: int, end: int, table: Any, i: int) -> bool:
    """Phrase i of the table begins at data[at] and ends before `end`."""
    size = table.offsets[i + 1] - table.offsets[i]
    if at + size > end:
        return False
    for k in range(size):  # noqa: SIM110
        if lower(data[at + k]) != table.data[table.offsets[i] + k]:
            return False
    return True


@called_kernel
def any_stands_at(data: Any, at: int, end: int, table: Any) -> bool:
    """Some phrase of the table begins at data[at] and ends before `end`."""
    for i in range(len(table.offsets) - 1):  # noqa: SIM110
        if stands_at(data, at, end, table, i):
            return True
    return False


@called_kernel
def any_stands_within(data: Any, start: int, end: int, table: Any) -> bool:
    """Some phrase of the table stands anywhere in data[start:end]."""
    for at in range(start, end):  # noqa: SIM110 (numba has no generators)
        if any_stands_at(data, at, end, table):
            return True
    return False


@called_kernel
def any_word_ends_at(data: Any, floor: int, at: int, table: Any) -> bool:
    """Some phrase of the table, a word by itself, ends before data[at], and does not begin before `floor`.

    In example.tel, my_tel and /tel the word is a part of a name.
    """
    for i in range(len(table.offsets) - 1):
        start = at - (table.offsets[i + 1] - table.offsets[i])
        if start < floor or not stands_at(data, start, at, table, i):
            continue
        if start == floor or not _is_of_name(data[start - 1]):
            return True
    return False


@kernel
def _is_of_name(byte: int) -> bool:
    return is_word(byte) or byte == ord(".") or byte == ord("/") or byte == ord("-")

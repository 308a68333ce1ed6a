"""fastText's dictionary: words and labels, found by its 32-bit FNV-1a hash (`dictionary.cc`)."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.arrow_text import Bytes
from quality.fasttext.reader import Reader
from quality.kernel import lean_kernel

FNV_OFFSET, FNV_PRIME = 2166136261, 16777619
LEAST_ENTRY_BYTES = 10  # an empty word, its end, its count and its kind
MAX_PROBES_PER_ENTRY = 64  # on average; more happens only where words were made to collide
WORD, LABEL = 0, 1

LABEL_PREFIX = b"__label__"
LABEL_PREFIX_BYTES = tuple(LABEL_PREFIX)  # such words are taken for labels, not for words
END_OF_SENTENCE = b"</s>"
END_OF_SENTENCE_BYTES = tuple(END_OF_SENTENCE)


class Dictionary(NamedTuple):
    """Words, then labels; entry *i* is data[starts[i]:ends[i]]."""

    data: Bytes
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int32]  # by hash, their number a power of two: an entry's number, -1: free
    n_words: int


def read_dictionary(reader: Reader, n_words: int, n_labels: int) -> tuple[Dictionary, npt.NDArray[np.int64]]:
    """The next `n_words` and `n_labels` entries, and the labels' counts."""
    n_entries = n_words + n_labels
    first = reader.at
    if n_words < 0 or n_labels < 1 or n_entries * LEAST_ENTRY_BYTES > len(reader.content) - first:
        raise reader.error(f"{n_words:,} words and {n_labels:,} labels are announced at byte {first:,}")
    starts, ends, counts = (np.empty(n_entries, np.int64) for _ in range(3))
    kinds = np.empty(n_entries, np.uint8)
    at = _read_entries(reader.content, first, starts, ends, counts, kinds)
    if at < 0:
        raise reader.error(f"the dictionary that begins at byte {first:,} has no end")
    reader.at = at
    if (kinds[:n_words] != WORD).any() or (kinds[n_words:] != LABEL).any():
        raise reader.error("its dictionary does not hold words first and then labels")
    data = reader.content[first:at].copy()
    data.flags.writeable = False
    dictionary = Dictionary(data, starts - first, ends - first, _free_slots(n_entries), n_words)
    if not _fill_slots(dictionary):
        raise reader.error("too many words of its dictionary have the same hash")
    return dictionary, counts[n_words:]


def dictionary_of(words: list[bytes]) -> Dictionary:
    """The dictionary of a model that is trained: its words, numbered in this order, and no labels yet."""
    sizes = np.array([len(word) for word in words], np.int64)
    ends = np.cumsum(sizes)
    data = np.frombuffer(b"".join(words) or b"\0", np.uint8)
    dictionary = Dictionary(data, ends - sizes, ends, _free_slots(len(words)), len(words))
    if not _fill_slots(dictionary):
        raise ValueError("too many words of the training set have the same hash: text that was made to have that")
    return dictionary


def entry(dictionary: Dictionary, number: int) -> bytes:
    """The text of one entry."""
    return dictionary.data[dictionary.starts[number] : dictionary.ends[number]].tobytes()


def number_of(dictionary: Dictionary, word: bytes) -> int:
    """The number of the entry `word`, or -1."""
    data = np.frombuffer(word, np.uint8)
    return int(find_entry(dictionary, data, 0, len(data), hash_bytes(data, 0, len(data))))


def hash_of(word: bytes) -> int:
    """fastText's 32-bit hash of a word."""
    data = np.frombuffer(word, np.uint8)
    return int(hash_bytes(data, 0, len(data)))


def _free_slots(n_entries: int) -> npt.NDArray[np.int32]:
    return np.full(1 << max(4, (4 * n_entries - 1).bit_length()), -1, np.int32)


@lean_kernel
def _read_entries(data: Any, at: int, starts: Any, ends: Any, counts: Any, kinds: Any) -> int:
    """Fill the arrays from `at` on; where the entries end in `data`, or -1 when it ends before."""
    for i in range(len(starts)):
        starts[i] = at
        while at < len(data) and data[at] != 0:
            at += 1
        ends[i] = at
        if at + LEAST_ENTRY_BYTES > len(data):
            return -1
        count = np.uint64(0)
        for k in range(8):
            count |= np.uint64(data[at + 1 + k]) << np.uint64(8 * k)
        counts[i] = np.int64(count)
        kinds[i] = data[at + 9]
        at += LEAST_ENTRY_BYTES
    return at


@lean_kernel
def _fill_slots(dictionary: Any) -> bool:
    """Put every entry into its slot; False when that takes far too long."""
    mask = len(dictionary.slots) - 1
    probes_left = MAX_PROBES_PER_ENTRY * (len(dictionary.starts) + 1)
    for i in range(len(dictionary.starts)):
        slot = hash_bytes(dictionary.data, dictionary.starts[i], dictionary.ends[i]) & mask
        while dictionary.slots[slot] >= 0:
            slot = (slot + 1) & mask
            probes_left -= 1
            if probes_left < 0:
                return False
        dictionary.slots[slot] = i
    return True


@lean_kernel
def hash_bytes(data: Any, start: int, end: int) -> np.uint32:
    """The hash of data[start:end)."""
    value = np.uint32(FNV_OFFSET)
    for i in range(start, end):
        value = hash_byte(value, data[np.uint64(i)])
    return value


@lean_kernel
def hash_byte(value: np.uint32, byte: int) -> np.uint32:
    """The hash of what `value` is the hash of and one more byte, which fastText sign-extends."""
    return np.uint32((value ^ np.uint32(np.int8(byte))) * np.uint32(FNV_PRIME))


@lean_kernel
def find_entry(dictionary: Any, data: Any, start: int, end: int, word_hash: np.uint32) -> int:
    """The number of the entry data[start:end), or -1."""
    mask = len(dictionary.slots) - 1
    slot = word_hash & mask
    while True:
        number = dictionary.slots[slot]
        if number < 0:
            return -1
        if are_equal(dictionary.data, dictionary.starts[number], dictionary.ends[number], data, start, end):
            return int(number)
        slot = (slot + 1) & mask


@lean_kernel
def are_equal(left: Any, left_start: int, left_end: int, right: Any, right_start: int, right_end: int) -> bool:
    """Whether left[left_start:left_end) and right[right_start:right_end) are the same bytes."""
    if left_end - left_start != right_end - right_start:
        return False
    for i in range(left_end - left_start):  # noqa: SIM110 (numba has no generators)
        if left[left_start + i] != right[right_start + i]:
            return False
    return True


@lean_kernel
def is_control_word(data: Any, start: int, end: int) -> bool:
    """Whether fastText would not read data[start:end) as a word: a label, or the end of the text."""
    return _begins_with(data, start, end, LABEL_PREFIX_BYTES) or (
        end - start == len(END_OF_SENTENCE_BYTES) and _begins_with(data, start, end, END_OF_SENTENCE_BYTES)
    )


@lean_kernel
def _begins_with(data: Any, start: int, end: int, prefix: Any) -> bool:
    if end - start < len(prefix):
        return False
    for i in range(len(prefix)):  # noqa: SIM110
        if data[start + i] != prefix[i]:
            return False
    return True

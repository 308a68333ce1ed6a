"""The n-grams of characters of a word, as fastText takes them (`Dictionary::computeSubwords`): their rows."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.fasttext.dictionary import FNV_OFFSET, hash_byte
from quality.fasttext.matrix import prefetch_row
from quality.fasttext.model import FastTextModel
from quality.fasttext.ngrams import bucket_of, is_kept, place_of
from quality.kernel import lean_kernel

WORD_BEGIN, WORD_END = ord("<"), ord(">")  # fastText puts words between these before taking n-grams
LISTED_BYTES = 32  # of a word: the n-grams that begin in so many are listed at once


class NgramScratch(NamedTuple):
    """Memory for one word."""

    wrapped: npt.NDArray[np.uint8]  # the word between brackets
    hashes: npt.NDArray[np.uint32]  # of LISTED_BYTES' n-grams


def new_ngram_scratch(model: FastTextModel, longest_bytes: int) -> NgramScratch:
    """Memory for words of up to `longest_bytes`."""
    return NgramScratch(np.empty(longest_bytes + 2, np.uint8), np.empty(max_listed(model), np.uint32))


def max_listed(model: FastTextModel) -> int:
    """How many rows `list_rows` lists at most."""
    return LISTED_BYTES * max(1, model.ngrams.max_chars)


@lean_kernel
def wrap(data: Any, start: int, end: int, wrapped: Any) -> int:
    """Fill `wrapped` with the word data[start:end) between fastText's brackets; its size in bytes."""
    wrapped[0] = WORD_BEGIN
    for i in range(end - start):
        wrapped[1 + i] = data[start + i]
    wrapped[1 + end - start] = WORD_END
    return end - start + 2


@lean_kernel
def list_rows(first: int, size: int, model: Any, scratch: Any, rows: Any, n_rows: int) -> int:
    """Append to rows[:n_rows] those of the n-grams that begin in LISTED_BYTES bytes from `first` on; how many then.

    The word is scratch.wrapped[:size]. Which n-grams were pruned cannot be foreseen: a branch on it would cost more
    than all hashes. Rows lie far apart, so they are asked for before they are added.
    """
    last = min(first + LISTED_BYTES, size)
    n_hashes = 0
    if _is_ascii(scratch.wrapped, first, min(last + model.ngrams.max_chars, size)):
        for at in range(first, last):
            n_hashes = _list_ascii_hashes(scratch.wrapped, at, size, model.ngrams, scratch.hashes, n_hashes)
    else:
        for at in range(first, last):
            if not _continues_character(scratch.wrapped[np.uint64(at)]):
                n_hashes = _list_hashes(scratch.wrapped, at, size, model.ngrams, scratch.hashes, n_hashes)
    n_kept = n_rows
    for i in range(n_hashes):
        bucket = bucket_of(scratch.hashes[np.uint64(i)], model.ngrams)
        rows[np.uint64(n_kept)] = bucket
        n_kept += is_kept(bucket, model.ngrams)
    for i in range(n_rows, n_kept):
        rows[i] = model.dictionary.n_words + place_of(rows[i], model.ngrams)
        prefetch_row(model.input, rows[i])
    return n_kept


@lean_kernel
def _is_ascii(wrapped: Any, first: int, end: int) -> Any:
    seen = np.uint8(0)
    for at in range(first, end):
        seen |= wrapped[np.uint64(at)]
    return seen < 128


@lean_kernel
def _continues_character(byte: int) -> bool:
    return (byte & 0xC0) == 0x80


@lean_kernel
def _list_hashes(wrapped: Any, first: int, size: int, ngrams: Any, hashes: Any, n_hashes: int) -> int:
    """Append to hashes[:n_hashes] those of the n-grams that begin at byte `first`; how many then.

    A bracket alone is no n-gram.
    """
    ngram_hash = np.uint32(FNV_OFFSET)
    at = first
    for n_chars in range(1, ngrams.max_chars + 1):
        if at >= size:
            break
        ngram_hash = hash_byte(ngram_hash, wrapped[np.uint64(at)])
        at += 1
        while at < size and _continues_character(wrapped[np.uint64(at)]):
            ngram_hash = hash_byte(ngram_hash, wrapped[np.uint64(at)])
            at += 1
        is_bracket = n_chars == 1 and (first == 0 or at == size)
        hashes[np.uint64(n_hashes)] = ngram_hash
        n_hashes += n_chars >= ngrams.min_chars and not is_bracket
    return n_hashes


@lean_kernel
def _list_ascii_hashes(wrapped: Any, first: int, size: int, ngrams: Any, hashes: Any, n_hashes: int) -> int:
    """As _list_hashes, where every byte is a character."""
    ngram_hash = np.uint32(FNV_OFFSET)
    for n_chars in range(1, min(ngrams.max_chars, size - first) + 1):
        ngram_hash = hash_byte(ngram_hash, wrapped[np.uint64(first + n_chars - 1)])
        is_bracket = n_chars == 1 and (first == 0 or first == size - 1)
        hashes[np.uint64(n_hashes)] = ngram_hash
        n_hashes += n_chars >= ngrams.min_chars and not is_bracket
    return n_hashes

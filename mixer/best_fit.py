"""Best-fit packing: documents into sequences of L tokens, cutting only those that are longer than L.

"Fewer Truncations Improve Language Modeling" (Ding et al. 2024, arXiv 2404.10830): a document longer than L gives full
chunks of L tokens and a remainder; then each piece, longest first, goes into the fullest bin (sequence) that still has
room for it, and into a new bin if none has.

Where a piece goes depends on the lengths of the pieces before it and on nothing else, and sorting removes their order:
so the lengths of the pieces in each bin are the same for every order of the documents. Only which of several equally
long pieces stands where follows the order given. The functions compiled here stand in one file because numba's cache
notices a change in the file of the kernel that is called, and in no other.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

NOTHING = -1  # no bin, no capacity


@dataclass(frozen=True)
class Packing:
    """Bins, fullest first, and the pieces of documents in them, longest first in each bin.

    All but `piece_document` and `piece_start` is the same for every order of the documents.
    """

    piece_document: NDArray[np.int64]  # [pieces], index into the documents given
    piece_start: NDArray[np.int64]  # [pieces], the piece's first token in its document
    piece_tokens: NDArray[np.int32]  # [pieces]
    bin_ends: NDArray[np.int64]  # [bins]: bin i is the pieces bin_ends[i - 1] to bin_ends[i]
    bin_tokens: NDArray[np.int32]  # [bins], the sum of its pieces, at most the length of a sequence


def pack(doc_tokens: NDArray[np.int64], length: int) -> Packing:
    """Pack documents of `doc_tokens` [documents] tokens into bins of `length` tokens; empty ones leave no piece.

    Equally long pieces are taken in the order of their documents. ValueError for negative tokens or `length` below 1.
    O(pieces log length) time; less than 100 bytes of memory a piece, results included.
    """
    documents = _checked(doc_tokens, length)
    counts = _remainder_counts(documents, length)
    order = np.empty(int(counts.sum()), dtype=np.int64)
    _sort_remainders(documents, counts, order)
    places = np.empty(len(order), dtype=np.int64)
    chunks_of = documents // length
    bin_ends, bin_tokens = _bins(counts, int(chunks_of.sum()), length, places)
    chunk_document = np.repeat(np.arange(len(documents)), chunks_of)
    chunk_number = np.arange(len(chunk_document)) - np.repeat(np.cumsum(chunks_of) - chunks_of, chunks_of)
    remainder_document = np.empty_like(order)
    remainder_document[places] = order
    remainder_tokens = documents[remainder_document] % length
    return Packing(
        np.concatenate((chunk_document, remainder_document)),
        np.concatenate((chunk_number * length, documents[remainder_document] - remainder_tokens)),
        np.concatenate((np.full(len(chunk_document), length, np.int32), remainder_tokens.astype(np.int32))),
        bin_ends,
        bin_tokens,
    )


def bin_tokens_of(doc_tokens: NDArray[np.int64], length: int) -> NDArray[np.int32]:
    """`pack(doc_tokens, length).bin_tokens` without packing documents: from the counts of their lengths alone."""
    documents = _checked(doc_tokens, length)
    bins_left = np.zeros(length, dtype=np.int64)
    _fill_equal_bins(_remainder_counts(documents, length), bins_left)
    bins_left[0] += (documents // length).sum()
    return np.repeat(np.arange(length, 0, -1, dtype=np.int32), bins_left)


def _checked(doc_tokens: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    if length < 1:
        raise ValueError(f"a sequence of {length} tokens is asked, it must hold at least 1")
    documents = np.ascontiguousarray(doc_tokens, dtype=np.int64)
    if len(documents) and documents.min() < 0:
        raise ValueError(f"document {documents.argmin()} has {documents.min()} tokens, it must have 0 or more")
    return documents


def _remainder_counts(documents: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """How many documents leave a remainder of each number of tokens, int64 [length]; none is no remainder."""
    counts = np.bincount(documents % length, minlength=length).astype(np.int64)
    counts[0] = 0
    return counts


def _bins(
    counts: NDArray[np.int64], chunks: int, length: int, places: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """`bin_ends` and `bin_tokens`; fills `places` with where each sorted remainder stands after all full chunks."""
    first_bins = np.full(length, NOTHING, dtype=np.int64)
    next_bins = np.empty(len(places), dtype=np.int64)
    bins = _fill_bins(counts, places, first_bins, next_bins)
    bin_ends = np.arange(1, chunks + bins + 1)
    bin_tokens = np.full(chunks + bins, length, dtype=np.int32)
    _rank_bins(first_bins, next_bins, bin_tokens[chunks:])
    _place_remainders(places, next_bins, bin_ends[chunks:])
    bin_ends[chunks:] += chunks
    return bin_ends, bin_tokens


@njit(cache=True, nogil=True)
def _sort_remainders(documents: NDArray[np.int64], counts: NDArray[np.int64], order: NDArray[np.int64]) -> None:
    """Fill `order` with the documents that leave a remainder, longest remainder first, else as they are given."""
    length = len(counts)
    places = np.empty(length, np.int64)
    place = 0
    for tokens in range(length - 1, -1, -1):
        places[tokens] = place
        place += counts[tokens]
    for document in range(len(documents)):
        tokens = documents[document] % length
        if tokens > 0:
            order[places[tokens]] = document
            places[tokens] += 1


@njit(cache=True, nogil=True)
def _fill_bins(
    counts: NDArray[np.int64],
    bin_of: NDArray[np.int64],
    first_bins: NDArray[np.int64],
    next_bins: NDArray[np.int64],
) -> int:
    """Give each remainder, longest first, its bin in `bin_of`; returns the number of bins.

    Bins with equal room are a linked list: `first_bins[room]`, then `next_bins[bin]`, until NOTHING.
    """
    length = len(counts)
    marks = _no_marks(length)
    bins = piece = 0
    for tokens in range(length - 1, 0, -1):
        for _ in range(counts[tokens]):
            room = _smallest_marked(marks, tokens)
            if room == NOTHING:
                here, room = bins, length
                bins += 1
            else:
                here = first_bins[room]
                first_bins[room] = next_bins[here]
                if first_bins[room] == NOTHING:
                    _unmark(marks, room)
            left = room - tokens
            next_bins[here] = first_bins[left]
            first_bins[left] = here
            if left > 0:
                _mark(marks, left)
            bin_of[piece] = here
            piece += 1
    return bins


@njit(cache=True, nogil=True)
def _fill_equal_bins(counts: NDArray[np.int64], bins_left: NDArray[np.int64]) -> None:
    """What `_fill_bins` does, many equal pieces and bins at a time: `bins_left[room]` becomes the number of bins.

    Of the bins with the least room that is enough, one takes equal pieces until it has no room for another, because
    it stays the fullest that has; then the next one does.
    """
    length = len(counts)
    marks = _no_marks(length)
    for tokens in range(length - 1, 0, -1):
        pieces = counts[tokens]
        while pieces > 0:
            room = _smallest_marked(marks, tokens)
            bins = pieces if room == NOTHING else bins_left[room]
            if room == NOTHING:
                room = length
            each = min(room // tokens, pieces)
            taken = min(bins, pieces // each)
            if room < length:
                bins_left[room] -= taken
                if bins_left[room] == 0:
                    _unmark(marks, room)
            left = room - each * tokens
            bins_left[left] += taken
            if left > 0:
                _mark(marks, left)
            pieces -= taken * each


@njit(cache=True, nogil=True)
def _no_marks(length: int) -> NDArray[np.uint8]:
    """A binary tree over 0 .. length - 1 without marks: node n has the children 2n and 2n + 1, the root is 1."""
    leaves = 1
    while leaves < length:
        leaves *= 2
    return np.zeros(2 * leaves, np.uint8)


@njit(cache=True, nogil=True)
def _mark(marks: NDArray[np.uint8], value: int) -> None:
    """Mark `value` and what stands above it."""
    node = len(marks) // 2 + value
    while node > 0 and marks[node] == 0:
        marks[node] = 1
        node //= 2


@njit(cache=True, nogil=True)
def _unmark(marks: NDArray[np.uint8], value: int) -> None:
    """Take the mark from `value`, and from what stands above it as far as nothing else below is marked."""
    node = len(marks) // 2 + value
    marks[node] = 0
    node //= 2
    while node > 0 and marks[2 * node] == 0 and marks[2 * node + 1] == 0:
        marks[node] = 0
        node //= 2


@njit(cache=True, nogil=True)
def _smallest_marked(marks: NDArray[np.uint8], least: int) -> int:
    """The smallest marked value that is at least `least`, or NOTHING."""
    leaves = len(marks) // 2
    node = leaves + least
    if marks[node] == 1:
        return least
    while node > 1 and (node % 2 == 1 or marks[node + 1] == 0):
        node //= 2
    if node <= 1:
        return NOTHING
    node += 1
    while node < leaves:
        node *= 2
        if marks[node] == 0:
            node += 1
    return node - leaves


@njit(cache=True, nogil=True)
def _rank_bins(first_bins: NDArray[np.int64], ranks: NDArray[np.int64], bin_tokens: NDArray[np.int32]) -> None:
    """Turn each bin's successor in `ranks` into the bin's own place, fullest first; writes its tokens there."""
    length = len(first_bins)
    rank = 0
    for left in range(length):
        here = first_bins[left]
        while here != NOTHING:
            following = ranks[here]
            ranks[here] = rank
            bin_tokens[rank] = length - left
            rank += 1
            here = following


@njit(cache=True, nogil=True)
def _place_remainders(places: NDArray[np.int64], ranks: NDArray[np.int64], bin_ends: NDArray[np.int64]) -> None:
    """Turn each remainder's bin in `places` into its place when bins stand in order; writes where each bin ends."""
    bin_ends[:] = 0
    for piece in range(len(places)):
        places[piece] = ranks[places[piece]]
        bin_ends[places[piece]] += 1
    before = 0
    for rank in range(len(bin_ends)):
        pieces = bin_ends[rank]
        bin_ends[rank] = before
        before += pieces
    for piece in range(len(places)):
        rank = places[piece]
        places[piece] = bin_ends[rank]
        bin_ends[rank] += 1

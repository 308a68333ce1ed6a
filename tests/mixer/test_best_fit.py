"""Best-fit packing: the oracle's bins, every token once, the same bins whatever the documents' order."""

import os
import subprocess
import sys
from hashlib import blake2b, sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mixer import best_fit
from mixer.best_fit import Packing, bin_tokens_of, pack
from mixer.warm import warm

CHECKOUT = Path(__file__).parents[2]
LENGTHS = (512, 2048, 4096, 131072)


def documents_of(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def web_lengths(documents: int, seed: int) -> NDArray[np.int64]:
    """Tokens of documents as a web source has them: many short ones, few very long ones, some empty."""
    drawn = np.random.default_rng(seed).lognormal(6.2, 1.6, documents).astype(np.int64)
    return np.where(drawn % 97 == 0, 0, drawn)


def oracle(values: list[int], length: int) -> list[int]:
    """Tokens of the bins, fullest first: best-fit decreasing as the paper words it, every bin tried for every piece."""
    pieces = [length for tokens in values for _ in range(tokens // length)]
    pieces += [tokens % length for tokens in values if tokens % length]
    bins: list[int] = []
    for piece in sorted(pieces, reverse=True):
        fitting = [tokens for tokens in bins if tokens + piece <= length]
        if fitting:
            bins[bins.index(max(fitting))] += piece
        else:
            bins.append(piece)
    return sorted(bins, reverse=True)


def check_contract(packing: Packing, documents: NDArray[np.int64], length: int) -> None:
    """Every token once, only long documents cut, and only into full chunks and one remainder."""
    order = np.lexsort((packing.piece_start, packing.piece_document))
    of, start = packing.piece_document[order], packing.piece_start[order]
    tokens = packing.piece_tokens[order].astype(np.int64)
    pieces = -(-documents // length)  # rounded up
    assert np.array_equal(np.bincount(of, minlength=len(documents)), pieces)
    assert np.array_equal(start, (np.arange(len(of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) * length)
    assert np.array_equal(tokens, np.minimum(length, documents[of] - start))
    sums = np.add.reduceat(packing.piece_tokens, np.r_[0, packing.bin_ends[:-1]]) if len(of) else tokens
    assert np.array_equal(sums, packing.bin_tokens)
    assert packing.bin_tokens.max(initial=0) <= length
    assert np.all(np.diff(packing.bin_tokens) <= 0)
    assert (packing.bin_ends[-1] if len(packing.bin_ends) else 0) == len(of)


@settings(max_examples=150, deadline=None)
@given(values=st.lists(st.integers(0, 70), max_size=60), length=st.integers(1, 33))
def test_bins_equal_the_oracles(values: list[int], length: int) -> None:
    documents = documents_of(values)
    packing = pack(documents, length)
    check_contract(packing, documents, length)
    assert packing.bin_tokens.tolist() == oracle(values, length)
    assert bin_tokens_of(documents, length).tolist() == packing.bin_tokens.tolist()


@settings(max_examples=60, deadline=None)
@given(data=st.data(), length=st.integers(1, 20))
def test_bins_do_not_depend_on_the_documents_order(data: st.DataObject, length: int) -> None:
    values = data.draw(st.lists(st.integers(0, 45), max_size=30))
    first = pack(documents_of(values), length)
    other = pack(documents_of(data.draw(st.permutations(values))), length)
    for field in ("bin_tokens", "bin_ends", "piece_tokens"):
        assert np.array_equal(getattr(first, field), getattr(other, field))


@pytest.mark.parametrize("length", LENGTHS)
def test_every_sequence_length(length: int) -> None:
    documents = web_lengths(20_000, seed=length)
    packing = pack(documents, length)
    check_contract(packing, documents, length)
    shuffled = np.random.default_rng(1).permutation(documents)
    assert np.array_equal(bin_tokens_of(shuffled, length), packing.bin_tokens)
    assert np.array_equal(pack(shuffled, length).bin_tokens, packing.bin_tokens)
    few = web_lengths(300, seed=1).tolist()
    assert pack(documents_of(few), length).bin_tokens.tolist() == oracle(few, length)


def test_a_million_documents() -> None:
    documents = web_lengths(1_000_000, seed=0)
    packing = pack(documents, 2048)
    check_contract(packing, documents, 2048)
    assert np.array_equal(bin_tokens_of(documents, 2048), packing.bin_tokens)
    assert len(packing.bin_tokens) - documents.sum() / 2048 < 100  # the paper: as compact as cutting everywhere


def test_a_golden_packing() -> None:
    """Length 10: 23 gives two chunks and 3; then 8, 7, 6, 3, 3, 3, 2 (the 3s in the documents' order)."""
    packing = pack(documents_of([7, 3, 23, 0, 8, 6, 2, 3]), 10)
    assert packing.bin_tokens.tolist() == [10, 10, 10, 10, 9, 3]
    bins = np.split(np.stack((packing.piece_document, packing.piece_start, packing.piece_tokens)).T, packing.bin_ends)
    assert [piece.tolist() for piece in bins[:2]] == [[[2, 0, 10]], [[2, 10, 10]]]
    assert sorted(piece.tolist() for piece in bins[2:4]) == [[[0, 0, 7], [1, 0, 3]], [[4, 0, 8], [6, 0, 2]]]
    assert [piece.tolist() for piece in bins[4:6]] == [[[5, 0, 6], [2, 20, 3]], [[7, 0, 3]]]


def test_equal_lengths_are_taken_in_order() -> None:
    packing = pack(documents_of([6, 2, 2, 2]), 10)
    assert packing.piece_document.tolist() == [0, 1, 2, 3]
    assert packing.bin_ends.tolist() == [3, 4]


@pytest.mark.parametrize("values", [[], [0, 0]])
def test_nothing_to_pack(values: list[int]) -> None:
    packing = pack(documents_of(values), 512)
    assert len(packing.piece_document) == len(packing.bin_ends) == len(packing.bin_tokens) == 0
    assert len(bin_tokens_of(documents_of(values), 512)) == 0


@pytest.mark.parametrize("function", [pack, bin_tokens_of])
def test_nonsense_is_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="document 1 has -3 tokens"):
        function(documents_of([5, -3]), 8)
    with pytest.raises(ValueError, match="a sequence of 0 tokens"):
        function(documents_of([5]), 0)


def digest() -> str:
    """One hash over all that the kernels make of documents of every kind."""
    result = blake2b()
    for length in (1, 2, 3, 8, 512, 131072):
        edges = [0, 1, length - 1, length, length + 1, 3 * length - 1, 3 * length]
        for values in ([], [0], edges, edges * 3, [length] * 5, [1] * 40, web_lengths(3000, length).tolist()):
            packing = pack(documents_of(values), length)
            for array in (packing.piece_document, packing.piece_start, packing.piece_tokens, packing.bin_ends):
                result.update(array.tobytes())
            result.update(bin_tokens_of(documents_of(values), length).tobytes())
    return result.hexdigest()


@pytest.mark.slow
def test_kernels_stay_within_their_arrays(request: pytest.FixtureRequest) -> None:
    version = sha256(Path(best_fit.__file__).read_bytes()).hexdigest()[:16]
    assert request.config.cache is not None
    cache = request.config.cache.mkdir(f"bounds-checked-best-fit-{version}")
    checked = subprocess.run(
        [sys.executable, "-c", "from tests.mixer.test_best_fit import digest; print(digest())"],
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(cache)},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.strip() == digest()


def test_real_use_after_warming_compiles_nothing_more() -> None:
    warm()
    kernels = [getattr(best_fit, name) for name in ("_sort_remainders", "_fill_bins", "_fill_equal_bins")]
    kernels += [getattr(best_fit, name) for name in ("_rank_bins", "_place_remainders")]
    digest()
    assert [len(kernel.signatures) for kernel in kernels] == [1] * len(kernels)

"""Cuts of documents into sequences, against what the packers make of random blocks."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.best_fit import pack
from mixer.blocks import Block
from mixer.order import document_order_hash, seeded_order
from mixer.packing import BestFitPacker, ConcatPacker, Packer
from mixer.stream import SourceStream
from pipelines.explaining.cuts import Cut, bin_cuts, stream_cuts

EPOCHS = 3

Blocks = dict[int, Block]


def block_of(number: int, lengths: list[int]) -> Block:
    ids = [f"{number}-{index}" for index in range(len(lengths))]
    hashes = sorted(document_order_hash("salt", doc_id) for doc_id in ids)
    return Block(
        pa.array(ids), np.array(hashes, np.uint64), pa.array([[7] * n for n in lengths], pa.list_(pa.uint32()))
    )


def by_packer(packer: Packer, sequences: int) -> set[tuple[Any, ...]]:
    return {
        (part.epoch, part.doc_id, sequence, part.start, part.position, part.tokens)
        for sequence in range(sequences)
        for part in packer.parts(sequence)
    }


def by_cuts(
    stream: SourceStream, blocks: Blocks, cut: Callable[[int, int, Any, int], list[Cut]], sequences: int
) -> set[tuple[Any, ...]]:
    found = set()
    for epoch in range(EPOCHS + 1):
        order, ends = stream.epoch(epoch)
        for number, block_end in zip(order.tolist(), ends.tolist(), strict=True):
            block = blocks[number]
            documents = seeded_order(block.order_hashes, stream.document_key(epoch, number))
            lengths = np.diff(block.tokens.offsets.to_numpy())[documents].astype(np.int64)
            units = int(lengths.sum()) if cut.__name__ == "concat" else len(pack(lengths, 8).bin_ends)
            for one in cut(epoch, number, lengths, epoch * stream.epoch_units + block_end - units):
                doc_id = block.doc_ids[int(documents[one.document])].as_py()
                found.add((epoch, doc_id, one.sequence, one.start, one.position, one.tokens))
    return {place for place in found if place[2] < sequences}


@pytest.mark.parametrize("packing", ["concat", "best_fit"])
@settings(max_examples=40)
@given(
    lengths=st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=8), min_size=1, max_size=4),
    seed=st.integers(0, 5),
)
def test_cuts_are_where_the_packer_puts_documents(packing: str, lengths: list[list[int]], seed: int) -> None:
    blocks = {number: block_of(number, own) for number, own in enumerate(lengths)}
    dtype, length = np.dtype(np.uint32), 8
    if packing == "concat":
        stream = SourceStream("pages", seed, {number: sum(own) for number, own in enumerate(lengths)})
        packer: Packer = ConcatPacker(stream, length, dtype, blocks.__getitem__)
        sequences = EPOCHS * stream.epoch_units // length
    else:
        rows = {number: len(pack(np.array(own, np.int64), length).bin_ends) for number, own in enumerate(lengths)}
        stream = SourceStream("pages", seed, rows)
        packer = BestFitPacker(stream, length, dtype, blocks.__getitem__, 0)
        sequences = EPOCHS * stream.epoch_units

    def concat(epoch: int, block: int, tokens: Any, first: int) -> list[Cut]:
        return list(stream_cuts(tokens, np.arange(len(tokens)), first, length))

    def best_fit(epoch: int, block: int, tokens: Any, first: int) -> list[Cut]:
        row_order = partial(stream.row_order, epoch, block)
        return list(bin_cuts(tokens, np.arange(len(tokens)), first, length, row_order))

    cut = concat if packing == "concat" else best_fit
    assert by_cuts(stream, blocks, cut, sequences) == by_packer(packer, sequences)


def test_only_the_documents_asked_for_are_cut() -> None:
    tokens = np.array([3, 20, 5], np.int64)
    assert {cut.document for cut in stream_cuts(tokens, np.array([1]), 0, 8)} == {1}
    assert {cut.document for cut in bin_cuts(tokens, np.array([0, 2]), 0, 8, np.arange)} == {0, 2}

"""Where documents stand in a mixture: the stream's orders inverted, without reading a token.

A document's block follows from its id. Each epoch gives the blocks an order, and each block's documents one, so the
place of a document among its source's tokens is arithmetic over lengths; the interleaving turns sequences into rows.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from mixer.blocks import block_name, block_of
from mixer.interleave import Interleaving
from mixer.manifest import Phase
from mixer.order import document_order_hash, seeded_order
from mixer.shards import source_stream
from mixer.stream import SourceStream
from pipelines.explaining.cuts import Cut, Int64s, bin_cuts, stream_cuts
from pipelines.mixture import Mixture
from pipelines.reporting.files import reading


@dataclass(frozen=True, order=True)
class Held:
    """Some tokens of a document in a row of the mixture."""

    row: int  # of the mixture
    phase: str
    epoch: int
    sequence: int  # of the source's own sequences
    start: int  # in the document
    position: int  # in the row
    tokens: int


@dataclass(frozen=True)
class Presence:
    """A document among those that a source or tier is mixed from."""

    block: int
    tokens: int  # of the document, its end-of-text token included
    held: list[Held]  # by row; empty: the mixture's rows end before its turn


@dataclass(frozen=True)
class _Lengths:
    """A block without its tokens, in hash order."""

    doc_ids: pa.ChunkedArray
    order_hashes: npt.NDArray[np.uint64]
    n_tokens: Int64s


class Locator:
    """Finds documents among the rows that one source or tier, `name`, has in a mixture."""

    def __init__(self, mixture: Mixture, name: str) -> None:
        self._mixture = mixture
        self._name = name
        manifest = mixture.manifest
        self._index = [source.name for source in manifest.sources].index(name)
        self._rows = manifest.sources[self._index].rows
        self._length = manifest.sequence_length
        self._is_concat = manifest.packing == "concat"

    def presence(self, doc_ids: Collection[str]) -> dict[str, Presence]:
        """Those of the documents that are in the blocks; Gone when a block cannot be read."""
        found: dict[str, Presence] = {}
        with reading(f"Blocks of {self._name}"):
            for block, ids in self._by_block(doc_ids).items():
                found |= self._in_block(block, ids)
        return found

    def _by_block(self, doc_ids: Collection[str]) -> dict[int, list[str]]:
        """Ids by the block that they belong to, as far as the mixture has that block."""
        settings = self._mixture.files.stage("tokenize", self._mixture.base_of(self._name)).settings
        blocks: dict[int, list[str]] = {}
        for doc_id in sorted(doc_ids):
            block = block_of(document_order_hash(settings["salt"], doc_id), settings["block_bits"])
            if block in self._mixture.block_sets[self._name].folders:
                blocks.setdefault(block, []).append(doc_id)
        return blocks

    def _in_block(self, block: int, doc_ids: list[str]) -> dict[str, Presence]:
        folder = self._mixture.block_sets[self._name].folders[block]
        table = storage.read_table(f"{folder}/{block_name(block)}", ["doc_id", "order_hash", "n_tokens"])
        lengths = _Lengths(
            table.column("doc_id"),
            table.column("order_hash").to_numpy(),
            table.column("n_tokens").to_numpy().astype(np.int64),
        )
        at = pc.indices_nonzero(pc.is_in(lengths.doc_ids, value_set=pa.array(doc_ids, pa.string()))).to_numpy()
        documents = at.astype(np.int64)
        ids = dict(zip(documents.tolist(), lengths.doc_ids.take(at).to_pylist(), strict=True))
        held: dict[str, list[Held]] = {doc_id: [] for doc_id in ids.values()}
        for epoch in range(self._epochs):
            cuts = list(self._cuts(epoch, block, documents, lengths))
            for cut, (phase, row) in zip(cuts, self._rows_of([cut.sequence for cut in cuts]), strict=True):
                held[ids[cut.document]].append(
                    Held(row, phase, epoch, cut.sequence, cut.start, cut.position, cut.tokens)
                )
        tokens = {doc_id: int(lengths.n_tokens[document]) for document, doc_id in ids.items()}
        return {doc_id: Presence(block, tokens[doc_id], sorted(found)) for doc_id, found in held.items()}

    @cached_property
    def _stream(self) -> SourceStream:
        return source_stream(self._mixture.plan, self._mixture.plan.request.sources[self._index])

    @property
    def _epochs(self) -> int:
        """Epochs that the mixture uses some of."""
        units = self._rows * self._length if self._is_concat else self._rows
        return -(-units // self._stream.epoch_units) if units else 0

    def _cuts(self, epoch: int, block: int, documents: Int64s, lengths: _Lengths) -> Iterator[Cut]:
        """What an epoch has of some documents of a block, as far as the mixture uses it."""
        blocks, ends = self._stream.epoch(epoch)
        slot = int(np.flatnonzero(blocks == block)[0])
        first_unit = epoch * self._stream.epoch_units + (int(ends[slot - 1]) if slot else 0)
        if first_unit // (self._length if self._is_concat else 1) >= self._rows:
            return
        order = seeded_order(lengths.order_hashes, self._stream.document_key(epoch, block))
        places = np.empty_like(order)
        places[order] = np.arange(len(order))
        tokens = lengths.n_tokens[order]
        if self._is_concat:
            cuts = stream_cuts(tokens, places[documents], first_unit, self._length)
        else:
            row_order = partial(self._stream.row_order, epoch, block)
            cuts = bin_cuts(tokens, places[documents], first_unit, self._length, row_order)
        for cut in cuts:
            if cut.sequence < self._rows:
                yield cut._replace(document=int(order[cut.document]))

    def _rows_of(self, sequences: Sequence[int]) -> list[tuple[str, int]]:
        """(phase, row of the mixture) of sequences of the source."""
        asked = np.array(sequences, np.int64)
        found: list[tuple[str, int]] = [("", 0)] * len(asked)
        for phase, interleaving in self._phases:
            part = phase.sources[self._index]
            inside = np.flatnonzero((asked >= part.first_sequence) & (asked < part.first_sequence + part.rows))
            if len(inside):
                rows = interleaving.rows_of(self._index, asked[inside] - part.first_sequence) + phase.first_row
                for at, row in zip(inside.tolist(), rows.tolist(), strict=True):
                    found[at] = (phase.name, row)
        return found

    @cached_property
    def _phases(self) -> list[tuple[Phase, Interleaving]]:
        phases = self._mixture.manifest.phases
        return [(phase, Interleaving([part.rows for part in phase.sources])) for phase in phases]


def names_over(mixture: Mixture, source: str) -> list[str]:
    """The source and its tiers, as far as they are in the mixture."""
    return [total.name for total in mixture.manifest.sources if mixture.base_of(total.name) == source]

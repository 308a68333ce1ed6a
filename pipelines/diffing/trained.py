"""Which documents of a source a mixture trains on: all of them from a whole epoch on, else those its rows reach."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mixer import storage
from mixer.best_fit import pack
from mixer.blocks import block_name
from mixer.manifest import MixtureManifest, SourceTotal
from mixer.order import seeded_order
from mixer.stream import Piece, SourceStream
from pipelines.block_sets import BlockSet, read_block_set
from pipelines.diffing.document_ids import Ids, ids_of, no_ids
from pipelines.mixture import Mixture
from pipelines.reporting.files import Gone, MixtureFiles, reading
from pipelines.steps.plan import packed_blocks


class TrainedDocuments(NamedTuple):
    """Documents of a block, by id, each once."""

    ids: Ids  # ascending
    tokens: npt.NDArray[np.int64]  # of the whole document, however many of its tokens are in rows


@dataclass(frozen=True)
class TrainedSource:
    """A source or tier of one mixture; empty by default: a mixture that does not have it."""

    blocks: BlockSet = field(default_factory=lambda: BlockSet({}, {}, {}, {}))
    contents: Mapping[int, str] = field(default_factory=dict)  # block -> what names the content of its file
    whole: frozenset[int] = frozenset()  # blocks that rows hold all documents of
    partial: Mapping[int, Piece] = field(default_factory=dict)  # blocks that rows reach into
    stream: SourceStream = field(default_factory=lambda: SourceStream("", 0, {}))
    sequence_length: int = 0
    packing: str = ""

    @property
    def reached(self) -> frozenset[int]:
        """The blocks with trained documents."""
        return self.whole | frozenset(self.partial)

    def uri(self, block: int) -> str:
        """The block's file."""
        return f"{self.blocks.folders[block]}/{block_name(block)}"

    def shared_with(self, other: "TrainedSource") -> frozenset[int]:
        """Blocks of which both mixtures hold the same content and train on all of it.

        An equal block means an equal salt, and then a document's block follows from its id: what is in such a
        block is in no other one, so both sides may leave it out.
        """
        both = self.whole & other.whole
        return frozenset(block for block in both if self.contents[block] == other.contents[block])

    def documents(self, block: int) -> TrainedDocuments:
        """The trained documents of a block that is reached; reads ids and lengths, no tokens."""
        table = storage.read_table(self.uri(block), ["doc_id", "order_hash", "n_tokens"])
        tokens = table.column("n_tokens").to_numpy().astype(np.int64)
        trained = tokens > 0
        if block in self.partial:
            trained &= self._reached_of(self.partial[block], table.column("order_hash").to_numpy(), tokens)
        ids, firsts = np.unique(ids_of(table.column("doc_id"))[trained], return_index=True)
        return TrainedDocuments(ids, tokens[trained][firsts])

    def sorted_ids(self, leave_out: frozenset[int]) -> Ids:
        """The ids of all trained documents but those of some blocks, ascending."""
        chosen = sorted(self.reached - leave_out)
        ids = no_ids(sum(self.blocks.documents[block] for block in chosen))
        count = 0
        for block in chosen:
            own = self.documents(block).ids
            ids[count : count + len(own)] = own
            count += len(own)
        ids = ids[:count]
        ids.sort()
        return ids

    def unreached_ids(self) -> Iterator[Ids]:
        """The ids of blocks that hold documents which are not trained on, block by block."""
        for block in sorted(self.blocks.folders.keys() - self.whole):
            if not self.blocks.documents[block]:
                continue
            yield ids_of(storage.read_table(self.uri(block), ["doc_id"]).column("doc_id"))

    def _reached_of(
        self, piece: Piece, order_hashes: npt.NDArray[np.uint64], tokens: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """bool[documents of the block, in its own order]: some token of the document is in the piece."""
        order = seeded_order(order_hashes, self.stream.document_key(piece.epoch, piece.block))
        reached = np.zeros(len(order), np.bool_)
        if self.packing == "concat":
            ends = np.cumsum(tokens[order])
            reached[order] = (ends > piece.start) & (ends - tokens[order] < piece.stop)
            return reached
        packing = pack(tokens[order], self.sequence_length)
        bins = self.stream.row_order(piece.epoch, piece.block, len(packing.bin_ends))[piece.start : piece.stop]
        bin_of_piece = np.repeat(np.arange(len(packing.bin_ends)), np.diff(packing.bin_ends, prepend=0))
        reached[order[packing.piece_document[np.isin(bin_of_piece, bins)]]] = True
        return reached


def trained_source(mixture: Mixture, name: str) -> TrainedSource:
    """What `mixture` trains on of a source or tier; Gone when its blocks are not in the lake."""
    total = next((source for source in mixture.manifest.sources if source.name == name), None)
    if total is None:
        return TrainedSource()
    with reading(f"Token blocks of {name}"):
        manifest = mixture.manifest
        blocks, contents = _blocks(mixture, name)
        stream, pieces = _pieces(manifest, total, blocks)
        whole = frozenset(piece.block for piece, units in pieces if piece.stop - piece.start == units)
        partial = {piece.block: piece for piece, _ in pieces if piece.block not in whole}
        return TrainedSource(blocks, contents, whole, partial, stream, manifest.sequence_length, manifest.packing)


def _pieces(
    manifest: MixtureManifest, total: SourceTotal, blocks: BlockSet
) -> tuple[SourceStream, list[tuple[Piece, int]]]:
    """The source's stream, and of its first epoch the piece of each block that rows hold, with the block's units."""
    if total.actual_tokens >= total.available_tokens:  # a whole epoch, in whatever the packing counts
        units = {block: tokens for block, tokens in blocks.tokens.items() if tokens}
        stop = sum(units.values())
    elif manifest.packing == "concat":
        units, stop = blocks.tokens, total.rows * manifest.sequence_length
    else:
        units, stop = packed_blocks(blocks, manifest.sequence_length).rows, total.rows
    stream = SourceStream(total.name, manifest.seed, units)
    return stream, [(piece, units[piece.block]) for piece in stream.pieces(0, stop)]


def _blocks(mixture: Mixture, name: str) -> tuple[BlockSet, dict[int, str]]:
    """The blocks that the source was mixed from, and what names each one's content: its checksum, else its uri."""
    files = mixture.files
    stage = "select" if f"select/{name}" in files.manifest.inputs else "tokenize"
    blocks = read_block_set(files.lake, files.stage(stage, name))
    checksums = _checksums(files, stage, name) | _checksums(files, "tokenize", mixture.base_of(name))
    uris = {block: f"{folder}/{block_name(block)}" for block, folder in blocks.folders.items()}
    return blocks, {block: checksums.get(uri, uri) for block, uri in uris.items()}


def _checksums(files: MixtureFiles, stage: str, source: str) -> dict[str, str]:
    """Uri -> SHA-256 of a stage's files; empty when its manifest is gone."""
    try:
        found = files.stage(stage, source)
    except Gone:
        return {}
    folder = files.lake.stage_uri(stage, source, found.fingerprint)
    return {f"{folder}/{file.path}": file.sha256 for file in found.files}

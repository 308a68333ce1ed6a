"""Synthetic token blocks, their plan, and what is compared: mixing them into shards and copying those shards."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from mixer import storage
from mixer.best_fit import bin_tokens_of
from mixer.blocks import Block, block_name, block_schema, read_lengths
from mixer.ledger import BestFitLedger, Ledger
from mixer.plan import MixturePlan, plan_mixture
from mixer.request import Packing, PhaseRequest, PlanRequest, SourceTokens
from mixer.shards import TokenFormat, shard_name, shard_schema, write_shard
from mixer.stream import SourceStream

DOCUMENT_TOKENS = 800  # mean; lengths are log-normal, as real ones are
LENGTH_SIGMA = 1.0  # of the logarithm: half of the documents are below 485 tokens, one in a hundred above 5,000
ZIPF_EXPONENT = (
    1.2  # the ids then take 1.5 bytes each under zstd, as those of web pages did where we looked (1.4 to 1.7)
)
VOCABULARY = 100_307
FORMAT = TokenFormat("uint32", 100_257)  # cl100k_base and its end of text
SEQUENCE_LENGTH = 2048
SEED = 0


def document_lengths(rng: np.random.Generator, documents: int, mean_tokens: float) -> npt.NDArray[np.int64]:
    """Log-normal lengths, each at least a token and the end of text."""
    mu = np.log(mean_tokens) - LENGTH_SIGMA**2 / 2
    return np.maximum(2, rng.lognormal(mu, LENGTH_SIGMA, documents).astype(np.int64))


@dataclass(frozen=True)
class TokenBlocks:
    """Blocks on disk: source -> block -> tokens."""

    folder: Path
    tokens: Mapping[str, Mapping[int, int]]

    def uri(self, source: str, block: int) -> str:
        """Where a block is."""
        return str(self.folder / source / block_name(block))

    def first(self, blocks: int) -> "TokenBlocks":
        """The first blocks of each source."""
        return TokenBlocks(
            self.folder, {name: dict(list(tokens.items())[:blocks]) for name, tokens in self.tokens.items()}
        )


def write_blocks(folder: Path, blocks: Mapping[str, int], block_tokens: int) -> TokenBlocks:
    """So many blocks of each source, all different, of about `block_tokens` tokens."""
    rng = np.random.default_rng(SEED)
    tokens: dict[str, dict[int, int]] = {}
    written = TokenBlocks(folder, tokens)
    for source, count in blocks.items():
        tokens[source] = {}
        for block in range(count):
            table = _block(rng, block_tokens)
            storage.write_parquet(written.uri(source, block), table.schema, [table], use_dictionary=False)
            tokens[source][block] = len(table.column("tokens").chunk(0).values)
    return written


def _block(rng: np.random.Generator, block_tokens: int) -> pa.Table:
    schema = block_schema(FORMAT.id_type)
    lengths = document_lengths(rng, max(1, block_tokens // DOCUMENT_TOKENS), DOCUMENT_TOKENS)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    ids = np.minimum(rng.zipf(ZIPF_EXPONENT, offsets[-1]), VOCABULARY - 1).astype(np.uint32)
    ids[offsets[1:] - 1] = FORMAT.end_of_text_id
    columns = [
        pa.array([rng.bytes(16).hex() for _ in lengths]),
        pa.array(np.sort(rng.integers(0, 2**63, len(lengths)).astype(np.uint64))),
        pa.array(lengths.astype(np.int32)),
        pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids), type=schema.field("tokens").type),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def plan_of(blocks: TokenBlocks, packing: Packing, rows_per_shard: int) -> MixturePlan:
    """One epoch of every source, in the proportion of their tokens."""
    sources, ledgers = [], dict[str, Ledger]()
    for name, tokens in blocks.tokens.items():
        rows: dict[int, int] = {}
        if packing == "best_fit":
            fills = {
                block: bin_tokens_of(read_lengths(blocks.uri(name, block)).astype(np.int64), SEQUENCE_LENGTH)
                for block in tokens
            }
            rows = {block: len(fill) for block, fill in fills.items()}
            ledgers[name] = BestFitLedger(SourceStream(name, SEED, rows), fills)
        sources.append(
            SourceTokens(name=name, kind="web", group=name, documents=1, block_tokens=dict(tokens), block_rows=rows)
        )
    weights = {source.name: float(source.available_tokens) for source in sources}
    phase = PhaseRequest(
        name="train", budget_tokens=sum(source.available_tokens for source in sources), weights=weights
    )
    request = PlanRequest(
        sources=sources,
        phases=[phase],
        sequence_length=SEQUENCE_LENGTH,
        rows_per_shard=rows_per_shard,
        seed=SEED,
        packing=packing,
    )
    return plan_mixture(request, ledgers or None)


def tokens_of(plan: MixturePlan) -> int:
    """Tokens in the plan's rows, padding left out."""
    return sum(source.actual_tokens for source in plan.sources)


def mix(plan: MixturePlan, blocks: TokenBlocks, out: Path) -> Counter[tuple[str, int]]:
    """Write every shard into `out`, each as a task of its own does: no shard sees a block that another one has read.

    Returns how often each block was read.
    """
    reads: Counter[tuple[str, int]] = Counter()

    def read(source: str, block: int) -> Block:
        reads[source, block] += 1
        return Block.read(blocks.uri(source, block))

    for shard in plan.shards:
        write_shard(str(out / shard_name(shard.index)), plan, shard, FORMAT, read)
    return reads


def copy(plan: MixturePlan, shards: Path, out: Path) -> None:
    """Read and write every shard with pyarrow alone, row group by row group: same columns, same compression."""
    out.mkdir(exist_ok=True)
    for shard in plan.shards:
        name = shard_name(shard.index)
        with (
            pq.ParquetFile(shards / name) as file,
            pq.ParquetWriter(
                out / name,
                file.schema_arrow,
                compression=storage.COMPRESSION,
                compression_level=storage.COMPRESSION_LEVEL,
                use_dictionary=["source", "phase"],
            ) as writer,
        ):
            for group in range(file.num_row_groups):
                writer.write_table(file.read_row_group(group, use_threads=False))


def checked_copy(plan: MixturePlan, shards: Path, out: Path) -> None:
    """The same through the lake's own reading and writing: page checksums, SHA-256, whole files only."""
    for shard in plan.shards:
        name = shard_name(shard.index)
        schema = shard_schema(FORMAT.id_type)
        groups = storage.row_groups(str(shards / name), schema.names)
        storage.write_parquet(str(out / name), schema, groups, use_dictionary=["source", "phase"])

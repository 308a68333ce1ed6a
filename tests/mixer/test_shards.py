"""Shards against a reference that builds the whole mixture in memory from the definitions."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixer.blocks import Block
from mixer.interleave import Interleaving
from mixer.plan import MixturePlan, plan_mixture
from mixer.request import PlanRequest
from mixer.shards import ShardMaker, TokenFormat, shard_name, write_shard
from mixer.stream import SourceStream
from tests.mixer.strategies import plan_requests
from tests.mixer.test_plan import two_sources

END = 9999
FORMAT = TokenFormat("uint16", END)


def block_of_documents(source: str, block: int, tokens: int) -> Block:
    """Documents of varied length, `tokens` tokens in all; every token says which source and block it is of."""
    rng = np.random.default_rng([int(source[-1]) if source[-1].isdigit() else len(source), block])
    cuts = sorted({*rng.integers(1, tokens + 1, size=max(1, tokens // 40)).tolist(), tokens})
    lengths = np.diff([0, *cuts])
    documents = [[*((len(source) * 1000 + block + np.arange(n - 1)) % END).tolist(), END] for n in lengths]
    return Block(
        pa.array([f"{source}-{block}-{number}" for number in range(len(documents))]),
        rng.integers(0, 2**63, len(documents)).astype(np.uint64),
        pa.array(documents, pa.list_(pa.uint16())),
    )


def reader(request: PlanRequest) -> Callable[[str, int], Block]:
    sizes = {source.name: source.block_tokens for source in request.sources}
    return lambda source, block: block_of_documents(source, block, sizes[source][block])


def reference_rows(plan: MixturePlan, read: Callable[[str, int], Block]) -> list[tuple[str, str, list[int], list[int]]]:
    """(source, phase, ids, doc starts) of every row, by concatenating whole sources."""
    length = plan.request.sequence_length
    streams = {}
    for index, source in enumerate(plan.request.sources):
        needed = sum(phase.sources[index].rows for phase in plan.phases) * length
        tokens: list[int] = []
        starts: set[int] = set()
        stream = SourceStream(source.name, plan.request.seed, source.block_tokens)
        epoch = 0
        while len(tokens) < needed:
            total = stream.epoch_units
            for piece in stream.pieces(epoch * total, (epoch + 1) * total):
                ordered = read(source.name, piece.block).ordered(stream.document_key(epoch, piece.block))
                assert (piece.start, piece.stop) == (0, len(ordered.tokens))
                starts |= {len(tokens) + int(start) for start in ordered.doc_starts}
                tokens += ordered.tokens.tolist()
            epoch += 1
        streams[source.name] = (tokens, starts)
    rows = []
    for phase in plan.phases:
        interleaving = Interleaving([part.rows for part in phase.sources])
        places = {
            row: (part.source, part.first_sequence + sequence)
            for index, part in enumerate(phase.sources)
            for sequence, row in enumerate(interleaving.rows_of(index, np.arange(part.rows)).tolist())
        }
        for _, (source_name, sequence) in sorted(places.items()):
            tokens, starts = streams[source_name]
            first = sequence * length
            inside = [at - first for at in range(first, first + length) if at in starts]
            rows.append((source_name, phase.name, tokens[first : first + length], inside))
    return rows


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan_requests(max_sources=4), st.integers(1, 9))
def test_shards_are_the_definition_whatever_the_row_groups(request_: PlanRequest, step: int) -> None:
    plan = plan_mixture(request_)
    read = reader(request_)
    expected = reference_rows(plan, read)
    for shard in plan.shards:
        maker = ShardMaker(plan, shard, FORMAT, read)
        tables = [maker.rows(first, min(step, shard.rows - first)) for first in range(0, shard.rows, step)]
        rows = pa.concat_tables(tables).to_pylist()
        assert [row["row"] for row in rows] == list(range(shard.first_row, shard.first_row + shard.rows))
        for row in rows:
            assert (row["source"], row["phase"], row["input_ids"], row["doc_starts"]) == expected[row["row"]]


def test_a_written_shard_is_the_same_bytes_again(tmp_path: Path) -> None:
    request = two_sources(700, 900, 0.5, 1600)
    plan = plan_mixture(request)
    read = reader(request)
    first = write_shard(str(tmp_path / "a" / shard_name(0)), plan, plan.shards[0], FORMAT, read)
    second = write_shard(str(tmp_path / "b" / shard_name(0)), plan, plan.shards[0], FORMAT, read)
    assert first == second
    assert (tmp_path / "a" / shard_name(0)).read_bytes() == (tmp_path / "b" / shard_name(0)).read_bytes()
    assert pq.read_table(tmp_path / "a" / shard_name(0)).num_rows == first.rows

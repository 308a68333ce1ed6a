"""Rows under both packings, against what they are defined to be."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.best_fit import pack
from mixer.blocks import Block
from mixer.ledger import BestFitLedger, Ledger
from mixer.packing import BestFitPacker, ConcatPacker, Packer
from mixer.plan import MixturePlan, plan_mixture
from mixer.request import PlanRequest
from mixer.shards import ShardMaker, TokenFormat
from mixer.stream import SourceStream
from tests.mixer.strategies import plan_requests
from tests.mixer.test_shards import reader

END = 9999
FORMAT = TokenFormat("uint16", END)
lengths = st.lists(st.integers(1, 200), min_size=1, max_size=60)


def block(number: int, doc_tokens: list[int]) -> Block:
    """Documents whose tokens say which document they are of and where in it."""
    rng = np.random.default_rng(number)
    documents = [[*(((100 * index + np.arange(n - 1)) % END).tolist()), END] for index, n in enumerate(doc_tokens)]
    return Block(
        pa.array([f"{number}-{index}" for index in range(len(doc_tokens))]),
        rng.integers(0, 2**63, len(doc_tokens)).astype(np.uint64),
        pa.array(documents, pa.list_(pa.uint16())),
    )


def best_fit(blocks: dict[int, list[int]], length: int, seed: int) -> tuple[BestFitPacker, SourceStream, BestFitLedger]:
    fills = {number: pack(np.array(sizes, np.int64), length).bin_tokens for number, sizes in blocks.items()}
    stream = SourceStream("pages", seed, {number: len(fill) for number, fill in fills.items()})
    packer = BestFitPacker(
        stream, length, np.dtype(np.uint16), lambda number: block(number, blocks[number]), padding_id=END
    )
    return packer, stream, BestFitLedger(stream, fills)


some_blocks = st.dictionaries(st.integers(0, 9), lengths, min_size=1, max_size=4)


@settings(max_examples=60)
@given(some_blocks, st.sampled_from([16, 64, 100]), st.integers(0, 3), st.integers(0, 2))
def test_best_fit_rows_hold_every_document_of_an_epoch_once(
    blocks: dict[int, list[int]], length: int, seed: int, epoch: int
) -> None:
    packer, stream, _ = best_fit(blocks, length, seed)
    first = epoch * stream.epoch_units
    packed = packer.pack(first, first + stream.epoch_units)
    seen: Counter[str] = Counter()
    for row in range(stream.epoch_units):
        parts = packer.parts(first + row)
        ids = packed.input_ids[row].tolist()
        for part in parts:
            number, index = (int(text) for text in part.doc_id.split("-"))
            whole = block(number, blocks[number]).tokens[index].as_py()
            assert ids[part.position : part.position + part.tokens] == whole[part.start : part.start + part.tokens]
            assert len(whole) > length or part.tokens == len(whole)  # only over-length documents are split
            seen[part.doc_id] += part.tokens
        filled = sum(part.tokens for part in parts)
        assert packed.n_tokens[row] == filled
        assert set(ids[filled:]) <= {END}
        starts = packed.doc_starts[(packed.doc_starts >= row * length) & (packed.doc_starts < (row + 1) * length)]
        assert starts.tolist() == [row * length + part.position for part in parts]
    assert seen == {f"{number}-{index}": n for number, sizes in blocks.items() for index, n in enumerate(sizes)}


@settings(max_examples=60)
@given(some_blocks, st.sampled_from([16, 64]), st.integers(0, 400), st.integers(0, 40))
def test_any_cut_of_best_fit_rows_gives_the_same_rows_and_the_ledger_counts_them(
    blocks: dict[int, list[int]], length: int, first: int, rows: int
) -> None:
    packer, _, ledger = best_fit(blocks, length, 1)
    whole = packer.pack(first, first + rows)
    again, _, _ = best_fit(blocks, length, 1)
    for row in reversed(range(rows)):  # another order of reading
        one = again.pack(first + row, first + row + 1)
        assert np.array_equal(one.input_ids[0], whole.input_ids[row])
        assert one.n_tokens[0] == whole.n_tokens[row]
    assert ledger.tokens_between(first, first + rows) == int(whole.n_tokens.sum())


@settings(max_examples=60)
@given(some_blocks, st.sampled_from([16, 64]), st.integers(0, 100), st.integers(0, 5000))
def test_the_ledger_finds_the_nearest_number_of_rows(
    blocks: dict[int, list[int]], length: int, first: int, tokens: int
) -> None:
    _, _, ledger = best_fit(blocks, length, 0)
    rows = ledger.rows_for(first, Fraction(tokens))
    errors = [abs(ledger.tokens_between(first, first + each) - tokens) for each in (max(0, rows - 1), rows, rows + 1)]
    assert errors[1] == min(errors)


def test_documents_are_packed_anew_in_each_epoch() -> None:
    packer, stream, _ = best_fit({0: [7, 9, 7, 9, 3, 5, 7, 2] * 8}, 16, 0)
    epochs = []
    for epoch in range(3):
        rows = range(epoch * stream.epoch_units, (epoch + 1) * stream.epoch_units)
        epochs.append(tuple(part.doc_id for row in rows for part in packer.parts(row)))
    assert len(set(epochs)) == 3
    assert len({frozenset(Counter(epoch).items()) for epoch in epochs}) == 1


@settings(max_examples=40)
@given(lengths, st.sampled_from([16, 64]), st.integers(0, 50))
def test_parts_of_concat_rows_are_the_documents_in_them(doc_tokens: list[int], length: int, sequence: int) -> None:
    stream = SourceStream("pages", 0, {3: sum(doc_tokens)})
    packer: Packer = ConcatPacker(stream, length, np.dtype(np.uint16), lambda number: block(number, doc_tokens))
    ids = packer.pack(sequence, sequence + 1).input_ids[0].tolist()
    parts = packer.parts(sequence)
    assert sum(part.tokens for part in parts) == length
    for part in parts:
        whole = block(3, doc_tokens).tokens[int(part.doc_id.split("-")[1])].as_py()
        assert ids[part.position : part.position + part.tokens] == whole[part.start : part.start + part.tokens]


def best_fit_plan(request: PlanRequest) -> tuple[MixturePlan, dict[str, Ledger]]:
    sources, ledgers = [], {}
    read = reader(request)
    for source in request.sources:
        fills = {
            number: pack(np.diff(read(source.name, number).ordered(np.uint64(0)).doc_ends, prepend=0), 16).bin_tokens
            for number, tokens in source.block_tokens.items()
            if tokens
        }
        rows = {number: len(fill) for number, fill in fills.items()}
        sources.append(source.model_copy(update={"block_rows": rows}))
        ledgers[source.name] = BestFitLedger(SourceStream(source.name, request.seed, rows), fills)
    request = request.model_copy(update={"sources": sources, "packing": "best_fit", "sequence_length": 16})
    return plan_mixture(request, ledgers), ledgers


@settings(max_examples=25)
@given(plan_requests(max_sources=4))
def test_the_ratio_contract_counts_real_tokens_under_best_fit(request_: PlanRequest) -> None:
    """Each source is within one sequence of its tokens, and shards hold what the plan counted."""
    plan, _ = best_fit_plan(request_)
    for phase, asked in zip(plan.phases, request_.phases, strict=True):
        total = sum(asked.weights.values())  # type: ignore[union-attr]
        for part in phase.sources:
            wanted = asked.budget_tokens * asked.weights.get(part.source, 0) / total  # type: ignore[union-attr]
            assert abs(part.actual_tokens - wanted) <= 16 + 1e-6
            assert part.actual_tokens + part.padding_tokens == 16 * part.rows
    counted: Counter[tuple[int, str]] = Counter()
    for shard in plan.shards:
        table = ShardMaker(plan, shard, FORMAT, reader(request_)).rows(0, shard.rows)
        for name, tokens in zip(table.column("source").to_pylist(), table.column("n_tokens").to_pylist(), strict=True):
            counted[shard.phase, name] += tokens
    planned = {
        (number, part.source): part.actual_tokens
        for number, phase in enumerate(plan.phases)
        for part in phase.sources
        if part.rows
    }
    assert counted == planned


@settings(max_examples=30)
@given(plan_requests(max_sources=3))
def test_cut_rows_are_those_that_end_inside_a_document(request_: PlanRequest) -> None:
    """Counted while shards are made: rows of both packings whose last token is no end-of-text."""
    for plan in (plan_mixture(request_), best_fit_plan(request_)[0]):
        for shard in plan.shards[:3]:
            maker = ShardMaker(plan, shard, FORMAT, reader(request_))
            rows = maker.rows(0, shard.rows).to_pylist()
            cut = Counter(row["source"] for row in rows if row["input_ids"][row["n_tokens"] - 1] != END)
            assert {source: count for source, count in maker.cut_rows.items() if count} == cut

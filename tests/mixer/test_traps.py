"""One test for each trap that mixers fell into, named after it; those of tokenization are in test_tokens.py."""

import tracemalloc
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from mixer.interleave import Interleaving
from mixer.plan import MixturePlan, plan_mixture
from mixer.request import Packing, PhaseRequest, PlanRequest, SourceTokens
from mixer.shards import ShardMaker, source_packer, write_shard
from mixer.tokens import tokenizer
from tests.mixer.recipes import FORMAT, Lengths, long_run, make_block, with_ledgers
from tests.mixer.windows import worst_window

PACKINGS: tuple[Packing, ...] = ("concat", "best_fit")


def source(name: str, block_tokens: dict[int, int], group: str = "text", documents: int = 1) -> SourceTokens:
    return SourceTokens(name=name, kind="web", group=group, documents=documents, block_tokens=block_tokens)


def request_of(
    sources: list[SourceTokens], weights: dict[str, float], budget_tokens: int, length: int = 16
) -> PlanRequest:
    phase = PhaseRequest(name="train", budget_tokens=budget_tokens, weights=weights)
    return PlanRequest(sources=sources, phases=[phase], sequence_length=length, rows_per_shard=65_536, seed=0)


def tokens_of(plan: MixturePlan) -> dict[str, int]:
    return {total.name: total.actual_tokens for total in plan.sources}


@pytest.mark.parametrize("packing", PACKINGS)
def test_trap_document_weights_give_ten_to_one_tokens(packing: Packing) -> None:
    """Documents of one source are ten times as long; half the weight is half of the tokens, not of the documents."""
    documents: Lengths = {"long": {0: [1000] * 40}, "short": {0: [100] * 40}}
    sources = [source(name, {0: sum(blocks[0])}, documents=40) for name, blocks in documents.items()]
    request = request_of(sources, {"long": 1, "short": 1}, 128 * 60, length=128).model_copy(update={"packing": packing})
    problem = with_ledgers(request, documents)
    plan = plan_mixture(problem.request, problem.ledgers)
    counted = dict.fromkeys(documents, 0)
    for shard in plan.shards:
        table = ShardMaker(plan, shard, FORMAT, problem.reader()).rows(0, shard.rows)
        for name, tokens in zip(table.column("source").to_pylist(), table.column("n_tokens").to_pylist(), strict=True):
            counted[name] += tokens
    assert abs(counted["long"] - counted["short"]) <= 2 * 128
    assert counted == tokens_of(plan)


def test_trap_weights_in_bytes_are_read_as_tokens() -> None:
    """Runes take a token for nearly every byte, prose one for five: shares count tokens, whatever they weigh."""
    encoder = tokenizer("cl100k_base")
    texts = {"runes": "ᚠᚢᚦᚨᚱᚲ " * 300, "prose": "The keeper of the harbour lighted the lantern every evening. " * 100}
    tokens = {name: len(encoder.encode_document(text)) for name, text in texts.items()}
    sources = [source(name, {0: tokens[name]}) for name in texts]
    plan = plan_mixture(request_of(sources, {"runes": 1, "prose": 1}, 16 * 200))
    assert tokens_of(plan) == {"runes": 1600, "prose": 1600}
    natural = plan_mixture(request_of(sources, {"text": 1}, 16 * 1000))
    share = tokens["runes"] / sum(tokens.values())
    share_of_bytes = len(texts["runes"].encode()) / sum(len(text.encode()) for text in texts.values())
    assert natural.sources[0].share == pytest.approx(share, abs=1 / 1000)
    assert share > share_of_bytes + 0.1  # else the test could not tell the two readings apart


def test_trap_small_weights_round_to_zero_and_whole_cells_vanish() -> None:
    """One token in ten thousand, from a source of 64 blocks: its rows come, spread over the run, of every block."""
    weights = {"web": 1 - 3e-4, **{f"cell-{number}": 1e-4 for number in range(3)}}
    cells = [source(name, dict.fromkeys(range(64), 10)) for name in weights if name != "web"]
    request = request_of([source("web", dict.fromkeys(range(64), 10**6)), *cells], weights, 16 * 400_000)
    plan = plan_mixture(request)
    (phase,) = plan.phases
    counts = [part.rows for part in phase.sources]
    assert counts[1:] == [40, 40, 40]
    assert worst_window(counts) < 3
    order = Interleaving(counts)
    for index in (1, 2, 3):
        gaps = np.diff(order.rows_of(index, np.arange(40)))
        assert gaps.min() > 9_000
        assert gaps.max() < 11_000
    stream = source_packer(plan, plan.request.sources[1], FORMAT, lambda name, block: make_block(name, block, (10,)))
    blocks = {part.block for row in range(40) for part in stream.parts(row)}
    assert blocks == set(range(64))


def test_trap_small_weights_add_up_over_phases_too_short_for_them() -> None:
    """What rounds to nothing is said, phase by phase, never hidden."""
    request = request_of([source("web", {0: 10**6}), source("cell", {0: 10**6})], {"web": 1, "cell": 1e-6}, 1600)
    plan = plan_mixture(request)
    assert tokens_of(plan)["cell"] == 0
    (said,) = [note for note in plan.notes if "gets none" in note]
    assert "cell asks for" in said


@pytest.mark.parametrize("packing", PACKINGS)
def test_trap_repeated_epochs_are_not_reshuffled(packing: Packing) -> None:
    """Over three epochs of 48 documents, each epoch holds the same documents in an order of its own."""
    documents: Lengths = {"web": {block: [16, 16, 16, 16, 8, 8] for block in range(8)}}
    sources = [source("web", dict.fromkeys(range(8), 80), documents=48)]
    request = request_of(sources, {"web": 1}, 3 * 640).model_copy(update={"packing": packing})
    problem = with_ledgers(request, documents)
    plan = plan_mixture(problem.request, problem.ledgers)
    packer = source_packer(plan, plan.request.sources[0], FORMAT, problem.reader())
    orders: dict[int, list[str]] = {}
    blocks: dict[int, list[int]] = {}
    for row in range(plan.rows):
        for part in packer.parts(row):
            if part.start == 0:
                orders.setdefault(part.epoch, []).append(part.doc_id)
            blocks.setdefault(part.epoch, []).append(part.block)
    assert len(orders) == 3
    assert len({tuple(sorted(order)) for order in orders.values()}) == 1
    assert len({tuple(order) for order in orders.values()}) == 3
    assert len({tuple(dict.fromkeys(order)) for order in blocks.values()}) == 3
    in_a_block = [[doc_id for doc_id in order if doc_id.startswith("web/5/")] for order in orders.values()]
    assert in_a_block[0] != in_a_block[1] or in_a_block[1] != in_a_block[2]


@pytest.mark.parametrize("heavy", [1e300, 1e-6, 1.0])
@pytest.mark.parametrize("light", [1e-300, 1e-6])
def test_trap_extreme_weights_overflow_the_index(heavy: float, light: float) -> None:
    """10^15 tokens, weights that differ by 600 digits: the plan is exact and shards know their rows without the rest."""
    length = 131_072
    sources = [source("heavy", {0: 10**15}), source("light", {0: 10**15}), source("tiny", {0: 700})]
    weights = {"heavy": heavy, "light": light, "tiny": 1e-9 * heavy}
    plan = plan_mixture(request_of(sources, weights, 10**15, length))
    (phase,) = plan.phases
    assert phase.rows == 10**15 // length
    total = sum(Decimal(str(weight)) for weight in weights.values())
    for part in phase.sources:
        wanted = float(Decimal(str(weights[part.source])) / total * phase.rows)
        assert part.rows == pytest.approx(wanted, abs=1 + wanted * 1e-12)
    order = Interleaving([part.rows for part in phase.sources])
    for index, part in enumerate(phase.sources):
        if part.rows:
            first, last = (int(order.rows_of(index, np.array([at]))[0]) for at in (0, part.rows - 1))
            assert 0 <= first <= last < phase.rows
            assert first + last == pytest.approx(phase.rows - 1, abs=phase.rows / part.rows / 2 + 6)  # both ends alike
            assert order.first_sequence_at(index, last) == part.rows - 1
    for shard in (plan.shards[0], plan.shards[-1]):
        start = shard.first_row
        held = [
            order.first_sequence_at(index, start + shard.rows) - order.first_sequence_at(index, start)
            for index in range(3)
        ]
        assert sum(held) == shard.rows


def test_trap_extreme_temperatures_overflow() -> None:
    sources = [source("web", {0: 10**9}), source("books", {0: 10**8})]
    phase = PhaseRequest(name="train", budget_tokens=1600, weights="natural", temperature=0.05)
    request = request_of(sources, {}, 1600).model_copy(update={"phases": [phase]})
    assert tokens_of(plan_mixture(request)) == {"web": 1600, "books": 0}


HUGE_TOKENS = 1_000_000  # of the one document: a megabyte is more than most blocks of these tests, and 244 rows
ROW_TOKENS = 4096


@pytest.mark.parametrize("packing", PACKINGS)
def test_trap_a_huge_document_takes_no_more_than_itself(packing: Packing, tmp_path: Path) -> None:
    """A document of hundreds of rows among small ones: every token comes once, in memory of a few copies of it."""
    documents: Lengths = {"web": {0: [30, HUGE_TOKENS, 30, 500], 1: [800] * 20}}
    sources = [source("web", {block: sum(lengths) for block, lengths in documents["web"].items()}, documents=24)]
    epoch_tokens = sources[0].available_tokens
    request = request_of(sources, {"web": 1}, epoch_tokens, ROW_TOKENS).model_copy(
        update={"packing": packing, "rows_per_shard": 40}
    )
    problem = with_ledgers(request, documents)
    plan = plan_mixture(problem.request, problem.ledgers)
    read = problem.reader()
    blocks = {block: read("web", block) for block in documents["web"]}
    last = plan.shards[-2]
    tracemalloc.start()
    written = write_shard(f"{tmp_path}/shard.parquet", plan, last, FORMAT, lambda _, block: blocks[block])
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert written.rows == last.rows == 40
    assert peak_bytes < 12 * 4 * HUGE_TOKENS  # NumPy's part: rows, and 8-byte places of the tokens in them
    packer = source_packer(plan, plan.request.sources[0], FORMAT, lambda _, block: blocks[block])
    pieces = sorted(
        (part.start, part.tokens) for row in range(plan.rows) for part in packer.parts(row) if part.tokens > 900
    )
    assert len(pieces) >= HUGE_TOKENS // ROW_TOKENS
    ends = [start + tokens for start, tokens in pieces]
    assert all(start >= end for end, (start, _) in zip(ends, pieces[1:], strict=False))  # no token twice
    assert sum(tokens for _, tokens in pieces) > HUGE_TOKENS - 2 * ROW_TOKENS


@pytest.mark.parametrize("packing", PACKINGS)
def test_trap_a_huge_document_leaves_the_ratio_alone(packing: Packing) -> None:
    problem = long_run(packing)
    documents = problem.documents | {"one": {3: [100_000]}}
    sources = [
        each.model_copy(update={"block_tokens": {3: 100_000}, "block_rows": {}}) if each.name == "one" else each
        for each in problem.request.sources
    ]
    changed = with_ledgers(problem.request.model_copy(update={"sources": sources}), documents)
    plan = plan_mixture(changed.request, changed.ledgers)
    for phase in plan.phases:
        assert all(abs(part.error_sequences) < 1 for part in phase.sources)

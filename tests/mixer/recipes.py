"""Whole planning problems as users write them: groups, phases, ratios, caps, both packings, documents of any size."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from mixer.best_fit import bin_tokens_of
from mixer.blocks import Block
from mixer.ledger import BestFitLedger, Ledger
from mixer.plan import MixturePlan, largest_budget, plan_mixture
from mixer.request import (
    InfeasibleMixture,
    Packing,
    PhaseRequest,
    PlanRequest,
    SourceTokens,
    Weighting,
    group_path,
    is_code,
    with_budget,
)
from mixer.shards import TokenFormat
from mixer.stream import SourceStream

LABELS = ("text", "text/web", "text/web/forum", "text/books", "code", "code/markup", "code/adjacent", "lessons")
END = 2**32 - 1
DOCUMENT_TOKENS = 1 << 20  # ids are document * this + position: every token says where it is from
FORMAT = TokenFormat("uint32", END)
MOST_DOCUMENTS = 10**6

slow_to_draw = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], max_examples=40)

Lengths = dict[str, dict[int, list[int]]]  # source -> block -> tokens of each document, end of text included

weights = st.one_of(st.sampled_from([1e-6, 1e-3, 0.1, 1 / 3, 0.5, 1, 7, 1e6]), st.floats(1e-6, 1e6))
policies = st.sampled_from(["fail", "warn", "spread"])
caps = st.sampled_from([None, 0.5, 1.0, 1.7, 4.0, 50.0])
code_ratios = st.sampled_from([None, 0.0, 1.0, 0.37])
temperatures = st.sampled_from([1.0, 1.0, 1.0, 0.5, 3.0, 100.0])


@dataclass(frozen=True)
class Problem:
    """A request, what its ledgers count, and its documents (none where sources are numbers only)."""

    request: PlanRequest
    ledgers: dict[str, Ledger] | None
    documents: Lengths

    def plan(self) -> MixturePlan | None:
        """The plan; where the caps forbid it the plan at the largest budget, and None where there is none."""
        try:
            return plan_mixture(self.request, self.ledgers)
        except InfeasibleMixture:
            largest = largest_budget(self.request, self.ledgers)
            return plan_mixture(with_budget(self.request, largest), self.ledgers) if largest else None

    def reader(self) -> Callable[[str, int], Block]:
        """Blocks made when they are asked for."""
        return lambda source, block: make_block(source, block, tuple(self.documents[source][block]))


def planned(problem: Problem) -> MixturePlan:
    """The plan of the problem; examples whose caps allow no budget are not looked at."""
    plan = problem.plan()
    assume(plan is not None)
    assert plan is not None
    return plan


@lru_cache(maxsize=64)
def make_block(source: str, block: int, doc_tokens: tuple[int, ...]) -> Block:
    """Documents named `source/block/number`, whose tokens are `document_tokens`."""
    order = np.random.default_rng([len(source), block]).integers(0, 2**63, len(doc_tokens)).astype(np.uint64)
    tokens = [document_tokens(number, size) for number, size in enumerate(doc_tokens)]
    ends = np.concatenate([[0], np.cumsum([len(each) for each in tokens], dtype=np.int64)]).astype(np.int32)
    return Block(
        pa.array([f"{source}/{block}/{number}" for number in range(len(doc_tokens))]),
        order,
        pa.ListArray.from_arrays(pa.array(ends), pa.array(np.concatenate(tokens))),
    )


def document_tokens(number: int, size: int) -> npt.NDArray[np.uint32]:
    """Ids that no other document of the block has, and the end of text."""
    ids = np.uint32(number * DOCUMENT_TOKENS) + np.arange(size, dtype=np.uint32)
    ids[-1] = END
    return ids


def with_ledgers(request: PlanRequest, documents: Lengths) -> Problem:
    """The problem of a request under its packing."""
    if request.packing == "concat":
        return Problem(request, None, documents)
    sources: list[SourceTokens] = []
    ledgers: dict[str, Ledger] = {}
    for source in request.sources:
        fills = {
            block: bin_tokens_of(np.array(lengths, np.int64), request.sequence_length)
            for block, lengths in documents[source.name].items()
        }
        rows = {block: len(fill) for block, fill in fills.items()}
        sources.append(source.model_copy(update={"block_rows": rows}))
        ledgers[source.name] = BestFitLedger(SourceStream(source.name, request.seed, rows), fills)
    return Problem(request.model_copy(update={"sources": sources}), ledgers, documents)


def long_run(packing: Packing, rows_per_shard: int = 64) -> Problem:
    """Two phases over a source of one document, one of many epochs and one that is not used up."""
    documents = {
        "one": {3: [5]},
        "web": {0: [3, 40, 7, 16], 9: [1, 1, 30], 60: [90]},
        "git": {block: [11, 25, 2, 17, 100] for block in range(16)},
    }
    sources = [
        SourceTokens(
            name=name,
            kind="web",
            group="code" if name == "git" else "text",
            documents=sum(map(len, blocks.values())),
            block_tokens={block: sum(lengths) for block, lengths in blocks.items()},
        )
        for name, blocks in documents.items()
    ]
    phases = [
        PhaseRequest(name="main", budget_tokens=16 * 100, weights={"one": 0.05, "web": 1, "git": 1}),
        PhaseRequest(name="cooldown", budget_tokens=16 * 40, weights={"one": 0.1, "web": 1}, code_ratio=None),
    ]
    request = PlanRequest(
        sources=sources, phases=phases, sequence_length=16, rows_per_shard=rows_per_shard, seed=1, packing=packing
    )
    return with_ledgers(request, documents)


@st.composite
def small_problems(draw: st.DrawFn, packing: Packing | None = None) -> Problem:
    """Sources with documents of 1 token to many rows, at most a few hundred rows: small enough to write out."""
    length = draw(st.sampled_from([16, 40, 64]))
    sizes = st.one_of(st.sampled_from([1, 2, length - 1, length, length + 1, 5 * length + 3]), st.integers(1, length))
    documents: Lengths = {}
    sources = []
    for index in range(draw(st.integers(1, 6))):
        name = f"source-{index}"
        documents[name] = draw(
            st.dictionaries(st.integers(0, 63), st.lists(sizes, min_size=1, max_size=12), max_size=4)
        )
        sources.append(draw(_source(name, {block: sum(each) for block, each in documents[name].items()})))
    if not any(documents.values()):
        documents["source-0"] = {5: [3]}
        sources[0] = sources[0].model_copy(update={"block_tokens": {5: 3}})
    budgets = st.integers(length, 60 * length)
    chosen: Packing = draw(st.sampled_from(["concat", "best_fit"])) if packing is None else packing
    return with_ledgers(draw(_request(sources, length, budgets, st.sampled_from([1, 7, 50]), chosen)), documents)


@st.composite
def counted_problems(draw: st.DrawFn, budgets: st.SearchStrategy[int] | None = None) -> Problem:
    """Sources of 0 to 10^6 documents in up to 64 blocks, as numbers: nothing here grows with their documents."""
    length = draw(st.sampled_from([512, 2048, 8192, 131_072]))
    sources = []
    for index in range(draw(st.integers(1, 12))):
        documents = draw(st.one_of(st.sampled_from([0, 1, 2, 10, MOST_DOCUMENTS]), st.integers(0, MOST_DOCUMENTS)))
        mean_tokens = draw(st.sampled_from([1, 300, length, 1_000_000]))
        blocks = draw(st.sampled_from([1, 8, 64])) if documents > 10 else 1
        per_block = dict.fromkeys(range(blocks), documents * mean_tokens // blocks) if documents else {}
        sources.append(draw(_source(f"source-{index}", per_block, documents)))
    if not any(source.available_tokens for source in sources):
        sources[0] = sources[0].model_copy(update={"block_tokens": {0: 1}, "documents": 1})
    budgets = st.integers(length, 20_000 * length) if budgets is None else budgets
    return Problem(draw(_request(sources, length, budgets, st.just(65_536), "concat")), None, {})


@st.composite
def _source(draw: st.DrawFn, name: str, block_tokens: dict[int, int], documents: int = 1) -> SourceTokens:
    return SourceTokens(
        name=name,
        kind="web",
        group=draw(st.sampled_from(LABELS)),
        documents=documents,
        block_tokens=block_tokens,
        max_epochs=draw(caps),
        on_epoch_cap=draw(policies),
    )


@st.composite
def _request(
    draw: st.DrawFn,
    sources: list[SourceTokens],
    length: int,
    budgets: st.SearchStrategy[int],
    rows_per_shard: st.SearchStrategy[int],
    packing: Packing,
) -> PlanRequest:
    phases = []
    groups = draw(_groups(sources))
    for number in range(draw(st.integers(1, 4))):
        named = draw(_weights(sources, _weighable(sources)))
        phases.append(
            PhaseRequest(
                name=f"phase-{number}",
                budget_tokens=draw(budgets),
                weights=named,
                temperature=draw(temperatures),
                code_ratio=draw(code_ratios) if _has_both_sides(sources, named) else None,
            )
        )
    return PlanRequest(
        sources=sources,
        groups=groups,
        phases=phases,
        sequence_length=length,
        rows_per_shard=draw(rows_per_shard),
        seed=draw(st.integers(0, 3)),
        packing=packing,
    )


@st.composite
def _groups(draw: st.DrawFn, sources: list[SourceTokens]) -> dict[str, Weighting]:
    """Weights inside some of the labels: of the sources and groups below them."""
    groups = {}
    for label in sorted(_labels(sources)):
        if draw(st.booleans()):
            below = [name for name in _weighable(sources) if name != label and _is_below(sources, name, label)]
            named = draw(_weights(sources, below)) if below else "natural"
            groups[label] = Weighting(weights=named, temperature=draw(temperatures))
    return groups


@st.composite
def _weights(draw: st.DrawFn, sources: list[SourceTokens], names: list[str]) -> dict[str, float] | str:
    """`natural`, `uniform`, or weights of some of the names, at least one of them positive."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(["natural", "uniform"]))
    named = draw(st.dictionaries(st.sampled_from(names), st.one_of(st.just(0.0), weights), min_size=1, max_size=8))
    if not any(named.values()):
        named[next(iter(named))] = 1.0
    return named


def _weighable(sources: list[SourceTokens]) -> list[str]:
    """Names whose sources have tokens; an empty source that is asked for some is a case of its own."""
    return [*(source.name for source in sources if source.available_tokens), *sorted(_labels(sources))]


def _labels(sources: list[SourceTokens]) -> set[str]:
    return {label for source in sources if source.available_tokens for label in group_path(source.group)}


def _is_below(sources: list[SourceTokens], name: str, label: str) -> bool:
    group = next((source.group for source in sources if source.name == name), name)
    return label in group_path(group)


def _has_both_sides(sources: list[SourceTokens], named: dict[str, float] | str) -> bool:
    """Whether both code and text sources with tokens are weighed, as far as names tell."""
    group_of = {source.name: source.group for source in sources}
    if isinstance(named, str):
        sides = {is_code(source.group) for source in sources if source.available_tokens}
    else:
        sides = {is_code(group_of.get(name, name)) for name, weight in named.items() if weight}
    return len(sides) == 2

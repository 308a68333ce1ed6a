"""The largest budget, sweeps and the cost of planning, over random recipes."""

import tracemalloc
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.apportion import exact_fraction
from mixer.best_fit import bin_tokens_of
from mixer.ledger import BestFitLedger
from mixer.plan import Planner, largest_budget, plan_mixture
from mixer.request import Packing, PhaseRequest, PlanRequest, SourceTokens, with_budget
from mixer.stream import SourceStream
from mixer.weights import phase_shares
from tests.mixer.recipes import Problem, counted_problems, long_run


@st.composite
def capped_problems(draw: st.DrawFn) -> PlanRequest:
    """One phase over sources that may not pass their caps."""
    count = draw(st.integers(1, 6))
    sources = [
        SourceTokens(
            name=f"source-{index}",
            kind="web",
            group=draw(st.sampled_from(["text", "code", "code/markup"])),
            documents=1,
            block_tokens={0: draw(st.integers(1, 10**6))},
            max_epochs=draw(st.sampled_from([0.5, 1.0, 4.0])),
        )
        for index in range(count)
    ]
    named = {source.name: draw(st.sampled_from([1e-3, 0.1, 1 / 3, 1, 7])) for source in sources}
    phase = PhaseRequest(name="train", budget_tokens=16 * draw(st.integers(1, 10**6)), weights=named)
    return PlanRequest(sources=sources, phases=[phase], sequence_length=16, rows_per_shard=65_536, seed=0)


def cap_rows(request: PlanRequest) -> list[tuple[Fraction, Fraction]]:
    """(share, rows that the cap allows) of every source."""
    shares = phase_shares(request, request.phases[0], [])
    return [
        (shares[source.name], exact_fraction(source.max_epochs or 0) * source.available_tokens / 16)
        for source in request.sources
    ]


@settings(max_examples=100)
@given(capped_problems(), st.lists(st.integers(1, 10**7), min_size=1, max_size=8))
def test_the_largest_budget_is_feasible_and_what_is_surely_too_much_is_not(
    request_: PlanRequest, more_rows: list[int]
) -> None:
    largest = largest_budget(request_)
    assert largest is not None
    rows = largest // 16
    if rows:
        plan_mixture(with_budget(request_, largest))
    caps = cap_rows(request_)
    assert rows + 1 > min((cap - 1) / share for share, cap in caps)  # below that no rounding can pass a cap
    too_many = int(min((cap + 1) / share for share, cap in caps)) + 1  # and from there any rounding does
    planner = Planner(request_)
    for more in (0, *more_rows):
        assert planner.problems(planner.phases((too_many + more) * 16)[0])


def test_budgets_above_the_largest_are_feasible_by_a_few_sequences_of_rounding_alone() -> None:
    """Bisection supposes that what fits a larger budget fits a smaller one, which rounding breaks at the edge."""
    sources = [("s0", "text", 2520, 4.0, 5), ("s1", "code", 314, 4.0, 2), ("s2", "text", 2319, 0.5, 3)]
    request = PlanRequest(
        sources=[
            SourceTokens(name=name, kind="web", group=group, documents=1, block_tokens={0: tokens}, max_epochs=cap)
            for name, group, tokens, cap, _ in sources
        ],
        phases=[PhaseRequest(name="train", budget_tokens=16_000, weights={row[0]: row[4] for row in sources})],
        sequence_length=16,
        rows_per_shard=64,
        seed=0,
    )
    largest = largest_budget(request)
    assert largest is not None
    planner = Planner(request)
    feasible = [rows for rows in range(1, 300) if not planner.problems(planner.phases(rows * 16)[0])]
    assert largest // 16 in feasible
    assert max(feasible) - largest // 16 <= 2 * len(sources)


def test_the_largest_budget_is_found_beside_a_short_phase() -> None:
    request = PlanRequest(
        sources=[
            SourceTokens(name="web", kind="web", group="text", documents=1, block_tokens={0: 16 * 900}, max_epochs=1)
        ],
        phases=[
            PhaseRequest(name="main", budget_tokens=16_000, weights={"web": 1}),
            PhaseRequest(name="end", budget_tokens=24, weights={"web": 1}),
        ],
        sequence_length=16,
        rows_per_shard=64,
        seed=0,
    )
    plan_mixture(with_budget(request, 16 * 890))
    assert (largest_budget(request) or 0) >= 16 * 890


@settings(max_examples=60)
@given(counted_problems(), st.lists(st.integers(1, 10**6), min_size=2, max_size=5))
def test_more_budget_is_more_rows_and_no_source_shrinks_by_more_than_rounding(
    problem: Problem, rows: list[int]
) -> None:
    request = problem.request.model_copy(
        update={
            "phases": problem.request.phases[:1],
            "sources": [source.model_copy(update={"max_epochs": None}) for source in problem.request.sources],
        }
    )
    planner = Planner(request)
    before: list[int] | None = None
    for budget in sorted(rows):
        (phase,), _ = planner.phases(budget * request.sequence_length)
        counts = [part.rows for part in phase.sources]
        assert sum(counts) == budget
        assert before is None or all(now >= then - 1 for now, then in zip(counts, before, strict=True))
        before = counts


@pytest.mark.parametrize("ratio", [0.0, 1.0])
@pytest.mark.parametrize("packing", ["concat", "best_fit"])
def test_at_the_ends_of_a_sweep_the_other_side_gets_nothing(ratio: float, packing: Packing) -> None:
    problem = long_run(packing)
    phases = [phase.model_copy(update={"code_ratio": ratio, "weights": "natural"}) for phase in problem.request.phases]
    plan = plan_mixture(problem.request.model_copy(update={"phases": phases}), problem.ledgers)
    for source, total in zip(plan.request.sources, plan.sources, strict=True):
        assert (total.rows > 0) == (source.is_code == (ratio == 1))


def peak_bytes(request: PlanRequest, lengths: dict[int, npt.NDArray[np.int64]] | None) -> int:
    """The most memory that planning holds at once, ledgers included."""
    tracemalloc.start()
    try:
        if lengths is None:
            plan_mixture(request)
        else:
            plan_best_fit(request, lengths)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def plan_best_fit(request: PlanRequest, lengths: dict[int, npt.NDArray[np.int64]]) -> None:
    fills = {block: bin_tokens_of(each, request.sequence_length) for block, each in lengths.items()}
    rows = {block: len(fill) for block, fill in fills.items()}
    source = request.sources[0].model_copy(update={"block_rows": rows})
    ledger = BestFitLedger(SourceStream(source.name, request.seed, rows), fills)
    request = request.model_copy(update={"packing": "best_fit", "sources": [source]})
    plan_mixture(request, {source.name: ledger})


def one_source(documents: int, block_tokens: dict[int, int], budget: int) -> PlanRequest:
    source = SourceTokens(name="web", kind="web", group="text", documents=documents, block_tokens=block_tokens)
    return PlanRequest(
        sources=[source],
        phases=[PhaseRequest(name="train", budget_tokens=budget, weights={"web": 1})],
        sequence_length=2048,
        rows_per_shard=8192,
        seed=0,
    )


def test_planning_a_million_documents_never_touches_one() -> None:
    small, large = (one_source(n, dict.fromkeys(range(64), n * 300 // 64), 10**8) for n in (10**3, 10**6))
    peak_bytes(small, None)
    assert peak_bytes(large, None) < 1.5 * peak_bytes(small, None) < 1_000_000


def test_planning_best_fit_over_a_million_documents_is_cheap() -> None:
    rng = np.random.default_rng(0)
    lengths = {block: rng.geometric(1 / 300, 10**6 // 64).astype(np.int64) for block in range(64)}
    request = one_source(10**6, {block: int(each.sum()) for block, each in lengths.items()}, 10**8)
    plan_best_fit(request, {0: lengths[0][:100]})  # compiles the kernel
    assert peak_bytes(request, lengths) < 200 * 10**6

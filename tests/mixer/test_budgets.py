"""What a review found: budgets of uneven phases, sources without tokens, rounding at a cap."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.ledger import BestFitLedger
from mixer.plan import largest_budget, plan_mixture
from mixer.request import InfeasibleMixture, PhaseRequest, PlanError, PlanRequest, SourceTokens, with_budget
from mixer.stream import SourceStream

LENGTH = 16


def source(name: str, tokens: int, cap: float | None = 2.0, group: str = "text") -> SourceTokens:
    return SourceTokens(
        name=name, kind="web", group=group, documents=1, block_tokens={0: tokens}, max_epochs=cap, on_epoch_cap="fail"
    )


def request(sources: list[SourceTokens], phases: list[tuple[int, dict[str, float]]], **changes: object) -> PlanRequest:
    made = PlanRequest(
        sources=sources,
        phases=[PhaseRequest(name=f"p{n}", budget_tokens=b, weights=w) for n, (b, w) in enumerate(phases)],
        sequence_length=LENGTH,
        rows_per_shard=64,
        seed=0,
    )
    return made.model_copy(update=changes)


@settings(max_examples=30)
@given(
    st.lists(st.integers(LENGTH, 10**7), min_size=1, max_size=3),
    st.lists(st.integers(1, 10**5), min_size=1, max_size=3),
    st.floats(0.5, 4),
)
def test_the_largest_budget_of_uneven_phases_is_found(budgets: list[int], tokens: list[int], cap: float) -> None:
    """Feasible itself; nothing that is larger by a few sequences is; 0 only where nothing works."""
    sources = [source(f"s{n}", size, round(cap, 2)) for n, size in enumerate(tokens)]
    weights = {each.name: n + 1.0 for n, each in enumerate(sources)}
    asked = request(sources, [(budget, weights) for budget in budgets])
    largest = largest_budget(asked)
    assert largest is not None

    def works(budget: int) -> bool:
        try:
            plan_mixture(with_budget(asked, budget))
        except PlanError:
            return False
        return True

    if largest:
        assert works(largest)
    rows = largest // LENGTH
    slack = 2 * len(sources) * len(budgets) + 2  # rounding lets single budgets above the bound through
    assert not any(works((rows + more) * LENGTH) for more in range(slack, 4 * slack))
    assert largest or not any(works(row * LENGTH) for row in range(1, 200))


def test_a_tiny_phase_beside_a_huge_one_does_not_hide_the_largest_budget() -> None:
    asked = request([source("a", 160_000, 1.2)], [(999_900_000, {"a": 1}), (100_000, {"a": 1})])
    largest = largest_budget(asked)
    assert largest is not None
    assert largest // LENGTH in (12_000, 12_001)  # rounding lets one more through


def best_fit(sources: list[SourceTokens], phases: list[tuple[int, dict[str, float]]]) -> None:
    ledgers = {}
    made = []
    for each in sources:
        fills = {0: np.full(-(-each.available_tokens // 15), 15, np.int32)} if each.available_tokens else {}
        rows = {block: len(fill) for block, fill in fills.items()}
        ledgers[each.name] = BestFitLedger(SourceStream(each.name, 0, rows), fills)
        made.append(each.model_copy(update={"block_rows": rows}))
    plan_mixture(request(made, phases, packing="best_fit"), ledgers)


@pytest.mark.parametrize("order", [["empty", "full"], ["full", "empty"]])
def test_a_source_without_tokens_is_refused_and_never_replaced(order: list[str]) -> None:
    """Also with best_fit, where its rows hold nothing: its share must not go to its neighbour."""
    sources = [source(name, 0 if name == "empty" else 10_000) for name in order]
    phases = [(1600, {"empty": 0.5, "full": 0.5})]
    with pytest.raises(InfeasibleMixture, match="'empty' is asked for 800 tokens and has none"):
        best_fit(sources, phases)
    with pytest.raises(InfeasibleMixture, match="'empty' is asked for 800 tokens and has none"):
        plan_mixture(request(sources, phases))
    with pytest.raises(InfeasibleMixture):
        best_fit([source("empty", 0)], [(1600, {"empty": 1})])


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(1, 3000), st.floats(0.3, 3)), min_size=2, max_size=4),
    st.lists(st.lists(st.sampled_from([0, 0.1, 1]), min_size=4, max_size=4), min_size=1, max_size=3),
    st.integers(2 * LENGTH, 8000),
)
def test_caps_hold_under_best_fit_and_several_phases(
    described: list[tuple[int, float]], weights: list[list[float]], budget: int
) -> None:
    sources = [
        source(f"s{n}", tokens, round(cap, 2)).model_copy(update={"on_epoch_cap": "spread"})
        for n, (tokens, cap) in enumerate(described)
    ]
    named = [{each.name: weight for each, weight in zip(sources, row, strict=False)} for row in weights]
    if not all(any(row.values()) for row in named):
        return
    room = sum(Fraction(str(each.max_epochs)) * each.available_tokens for each in sources)
    ledgers = {}
    for number, each in enumerate(sources):
        fills = {0: np.full(-(-each.available_tokens // 15), 15, np.int32)}
        tokens = int(fills[0].sum())
        sources[number] = each.model_copy(update={"block_tokens": {0: tokens}, "block_rows": {0: len(fills[0])}})
        ledgers[each.name] = BestFitLedger(SourceStream(each.name, 0, sources[number].block_rows), fills)
    asked = request(sources, [(budget, row) for row in named], packing="best_fit")
    try:
        plan = plan_mixture(asked, ledgers)
    except InfeasibleMixture:
        reachable = all(all(row[each.name] for each in sources) for row in named)
        slack = 3 * LENGTH * len(sources) * len(named)
        assert not (reachable and budget * len(named) + slack < room)  # where everyone may give, it is not refused
        return
    for total in plan.sources:
        assert total.max_epochs is not None
        assert total.actual_tokens <= Fraction(str(total.max_epochs)) * total.available_tokens
    for phase in plan.phases:
        assert all(abs(part.error_sequences) <= 1 + 1e-6 for part in phase.sources)

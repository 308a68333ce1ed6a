import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.plan import largest_budget, plan_mixture
from mixer.request import InfeasibleMixture, PhaseRequest, PlanRequest, SourceTokens
from tests.mixer.strategies import plan_requests


@given(plan_requests())
def test_the_ratio_contract(request_: PlanRequest) -> None:
    """Each source and each group is within one sequence of what was asked, in every phase."""
    plan = plan_mixture(request_)
    for phase, asked in zip(plan.phases, request_.phases, strict=True):
        total = sum(asked.weights.values())
        assert phase.rows == asked.budget_tokens // request_.sequence_length
        assert sum(part.rows for part in phase.sources) == phase.rows
        by_group: dict[str, float] = {}
        group_of = {source.name: source.group for source in request_.sources}
        for part in phase.sources:
            wanted = phase.rows * asked.weights.get(part.source, 0) / total
            assert abs(part.rows - wanted) < 1 + 1e-9
            assert part.error_sequences == pytest.approx(part.rows - wanted, abs=1e-6)
            by_group[group_of[part.source]] = by_group.get(group_of[part.source], 0) + part.rows - wanted
        assert all(abs(error) < 1 + 1e-6 for error in by_group.values())


@given(plan_requests())
def test_phases_continue_where_the_last_one_stopped(request_: PlanRequest) -> None:
    plan = plan_mixture(request_)
    for source in request_.sources:
        parts = [part for phase in plan.phases for part in phase.sources if part.source == source.name]
        position = 0
        for part in parts:
            assert part.first_sequence == position
            position += part.rows


@given(plan_requests())
def test_shards_cover_every_row_once_and_none_crosses_a_phase(request_: PlanRequest) -> None:
    plan = plan_mixture(request_)
    rows = [row for shard in plan.shards for row in range(shard.first_row, shard.first_row + shard.rows)]
    assert rows == list(range(plan.rows))
    for shard in plan.shards:
        phase = plan.phases[shard.phase]
        assert phase.first_row <= shard.first_row
        assert shard.first_row + shard.rows <= phase.first_row + phase.rows


def two_sources(text_tokens: int, code_tokens: int, ratio: float, budget: int, cap: float = 4.0) -> PlanRequest:
    return PlanRequest(
        sources=[
            SourceTokens(
                name="web", kind="web", group="text", documents=9, block_tokens={0: text_tokens}, max_epochs=cap
            ),
            SourceTokens(
                name="git", kind="git", group="code", documents=9, block_tokens={0: code_tokens}, max_epochs=cap
            ),
        ],
        phases=[PhaseRequest(name="train", budget_tokens=budget, weights={"web": 1 - ratio, "git": ratio})],
        sequence_length=16,
        rows_per_shard=64,
        seed=0,
    )


@pytest.mark.parametrize("ratio", [0, 0.25, 0.5, 0.75, 0.9, 1])
def test_the_code_share_is_exact_to_one_sequence(ratio: float) -> None:
    plan = plan_mixture(two_sources(10_000, 10_000, ratio, 16 * 333))
    code = next(source for source in plan.sources if source.name == "git")
    assert abs(code.actual_tokens / 16 - 333 * ratio) < 1


def test_a_mixture_out_of_reach_names_the_epochs_and_the_largest_budget() -> None:
    with pytest.raises(InfeasibleMixture) as error:
        plan_mixture(two_sources(100, 1_000_000, 0.5, 16_000))
    message = str(error.value)
    assert "'web' is asked for 8,000 tokens and has 100: 80.00 epochs, allowed 4" in message
    largest = int(re.search(r"Largest budget at these shares: ([\d,]+)", message)[1].replace(",", ""))  # type: ignore[index]
    plan_mixture(two_sources(100, 1_000_000, 0.5, largest))
    with pytest.raises(InfeasibleMixture):
        plan_mixture(two_sources(100, 1_000_000, 0.5, largest + 64))


def test_an_empty_source_is_fine_unless_it_is_asked_for_tokens() -> None:
    plan = plan_mixture(two_sources(1000, 0, 0.0, 1600))
    assert [source.actual_tokens for source in plan.sources] == [1600, 0]
    with pytest.raises(InfeasibleMixture, match="'git' is asked for 800 tokens and has none"):
        plan_mixture(two_sources(1000, 0, 0.5, 1600))


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**4))
def test_the_largest_budget_is_feasible_and_no_larger_one_is(text: int, code: int, budget: int) -> None:
    largest = largest_budget(two_sources(text, code, 0.5, budget * 16))
    assert largest is not None
    assert largest > 8 * min(text, code) - 64
    if largest:
        plan_mixture(two_sources(text, code, 0.5, largest))
    with pytest.raises(InfeasibleMixture):
        plan_mixture(two_sources(text, code, 0.5, largest + 32))


def test_without_caps_no_budget_is_the_largest() -> None:
    request = two_sources(100, 100, 0.5, 1600)
    sources = [source.model_copy(update={"max_epochs": None}) for source in request.sources]
    assert largest_budget(request.model_copy(update={"sources": sources})) is None


def test_a_budget_below_one_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="less than one sequence"):
        plan_mixture(two_sources(100, 100, 0.5, 15))


def test_small_weights_that_round_to_nothing_are_said() -> None:
    request = two_sources(1000, 1000, 1e-6, 1600)
    assert any("gets none" in note for note in plan_mixture(request).notes)


def test_weights_in_a_phase_must_name_sources() -> None:
    request = two_sources(1000, 1000, 0.5, 1600)
    phase = request.phases[0].model_copy(update={"weights": {"nobody": 1.0}})
    with pytest.raises(ValueError, match="'nobody' is neither a source nor a group"):
        plan_mixture(request.model_copy(update={"phases": [phase]}))

"""Epoch caps: fail, warn, spread."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.plan import plan_mixture
from mixer.request import EpochCapPolicy, InfeasibleMixture, PhaseRequest, PlanRequest, SourceTokens

LENGTH = 16


def source(name: str, group: str, tokens: int, policy: EpochCapPolicy, cap: float = 2.0) -> SourceTokens:
    return SourceTokens(
        name=name,
        kind="web",
        group=group,
        documents=1,
        block_tokens={0: tokens},
        max_epochs=cap,
        on_epoch_cap=policy,
    )


def request(sources: list[SourceTokens], weights: list[dict[str, float]], budget: int) -> PlanRequest:
    phases = [
        PhaseRequest(name=f"p{number}", budget_tokens=budget, weights=each) for number, each in enumerate(weights)
    ]
    return PlanRequest(sources=sources, phases=phases, sequence_length=LENGTH, rows_per_shard=64, seed=0)


def test_warn_repeats_and_says_so() -> None:
    plan = plan_mixture(request([source("small", "code", 160, "warn")], [{"small": 1}], 1600))
    assert plan.sources[0].epochs == 10
    assert any("repeats 10.00 epochs, more than 2" in note for note in plan.notes)


def test_spread_gives_what_is_missing_to_the_group_in_proportion() -> None:
    sources = [
        source("web", "text", 100_000, "fail"),
        source("synthetic", "code", 160, "spread"),
        source("files", "code", 100_000, "fail"),
        source("commits", "code", 100_000, "fail"),
    ]
    weights = {"web": 0.5, "synthetic": 0.2, "files": 0.2, "commits": 0.1}
    plan = plan_mixture(request(sources, [weights], 16_000))
    got = {part.source: part.actual_tokens for part in plan.phases[0].sources}
    assert got["web"] == 8000
    assert got["synthetic"] == 320
    assert got["files"] == pytest.approx(5120, abs=LENGTH)
    assert got["commits"] == pytest.approx(2560, abs=LENGTH)
    (note,) = plan.notes
    assert note == "phase p0: synthetic is at its cap of epochs; 2,880 of its tokens go to files, commits"
    part = next(part for part in plan.phases[0].sources if part.source == "synthetic")
    assert (part.asked_share, part.target_share) == (0.2, 0.02)
    assert all(abs(part.error_sequences) < 1 for part in plan.phases[0].sources)


def test_a_group_of_its_own_spreads_over_its_side_and_never_into_text() -> None:
    sources = [
        source("web", "text", 100_000, "fail"),
        source("synthetic", "synthetic", 160, "spread"),
        source("files", "web_code", 100_000, "fail"),
    ]
    weights = {"web": 0.5, "synthetic": 0.25, "files": 0.25}
    plan = plan_mixture(request(sources, [weights], 1600))
    assert {part.source: part.actual_tokens for part in plan.phases[0].sources} == {
        "web": 800,
        "synthetic": 320,
        "files": 480,
    }


def test_what_nobody_can_take_is_refused_with_the_largest_budget() -> None:
    sources = [
        source("web", "text", 10_000, "fail"),
        source("a", "code", 160, "spread"),
        source("b", "code", 160, "spread"),
    ]
    asked = request(sources, [{"web": 0.5, "a": 0.4, "b": 0.1}], 1600)
    with pytest.raises(InfeasibleMixture, match=r"nothing else in its group can take more.*Largest.*: 1,296 tokens"):
        plan_mixture(asked)
    plan = plan_mixture(request(sources, [{"web": 0.5, "a": 0.4, "b": 0.1}], 1296))
    assert {part.source: part.actual_tokens for part in plan.phases[0].sources} == {"web": 656, "a": 320, "b": 320}


policies = st.sampled_from(["spread", "warn", "fail"])


@given(
    st.lists(
        st.tuples(st.sampled_from(["text", "code", "adjacent"]), st.integers(0, 5000), policies, st.floats(0.1, 5)),
        min_size=2,
        max_size=6,
    ),
    st.lists(st.lists(st.sampled_from([0, 1e-6, 0.3, 1]), min_size=6, max_size=6), min_size=1, max_size=3),
    st.integers(LENGTH, 20_000),
)
def test_spreading_keeps_the_caps_the_total_and_the_sides(
    described: list[tuple[str, int, EpochCapPolicy, float]], weights: list[list[float]], budget: int
) -> None:
    """Whatever is spread: no cap but a `warn` one is passed, rows add up, and code keeps its share."""
    sources = [source(f"s{i}", group, tokens, policy, cap) for i, (group, tokens, policy, cap) in enumerate(described)]
    named = [{s.name: weight for s, weight in zip(sources, each, strict=False)} for each in weights]
    if not all(any(each.values()) for each in named):
        return
    asked = request(sources, named, budget)
    try:
        plan = plan_mixture(asked)
    except InfeasibleMixture:
        return
    by_name = {s.name: s for s in sources}
    for total in plan.sources:
        spec = by_name[total.name]
        if spec.on_epoch_cap != "warn":
            assert total.actual_tokens <= Fraction(str(spec.max_epochs)) * spec.available_tokens
    for phase, each in zip(plan.phases, named, strict=True):
        assert phase.rows == budget // LENGTH
        assert all(abs(part.error_sequences) < 1 + 1e-6 for part in phase.sources)
        assert sum(part.target_share for part in phase.sources) == pytest.approx(1)
        code = sum(weight for name, weight in each.items() if by_name[name].is_code) / sum(each.values())
        got = sum(part.rows for part in phase.sources if by_name[part.source].is_code)
        assert abs(got - code * phase.rows) < 1 + 1e-6

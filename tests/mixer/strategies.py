"""Random mixtures: sources of 0 to many tokens, weights from 1e-6, tiny budgets."""

from hypothesis import strategies as st

from mixer.request import PhaseRequest, PlanRequest, SourceTokens

GROUPS = ("text", "text/math", "code", "code/adjacent")


@st.composite
def source_tokens(draw: st.DrawFn, index: int) -> SourceTokens:
    blocks = draw(st.dictionaries(st.integers(0, 63), st.integers(0, 5000), max_size=6))
    return SourceTokens(
        name=f"source-{index}",
        kind="web",
        group=draw(st.sampled_from(GROUPS)),
        documents=len(blocks),
        block_tokens=blocks,
    )


@st.composite
def plan_requests(draw: st.DrawFn, max_sources: int = 6) -> PlanRequest:
    count = draw(st.integers(1, max_sources))
    sources = [draw(source_tokens(index)) for index in range(count)]
    sources[0] = sources[0].model_copy(update={"block_tokens": {0: draw(st.integers(1, 5000))}})
    filled = [source.name for source in sources if source.available_tokens]
    length = draw(st.sampled_from([16, 32, 64]))
    phases = []
    for number in range(draw(st.integers(1, 3))):
        weights = {name: draw(st.sampled_from([0, 1e-6, 0.1, 1 / 3, 1, 7, 1e6])) for name in filled}
        if not any(weights.values()):
            weights[filled[0]] = 1.0
        budget = length * draw(st.integers(1, 300)) + draw(st.integers(0, length - 1))
        phases.append(PhaseRequest(name=f"phase-{number}", budget_tokens=budget, weights=weights))
    return PlanRequest(
        sources=sources,
        phases=phases,
        sequence_length=length,
        rows_per_shard=draw(st.sampled_from([1, 7, 64, 1000])),
        seed=draw(st.integers(0, 3)),
    )

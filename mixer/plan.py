"""The mixture plan: which sequences of which source make which rows; exact, and pure arithmetic.

It reads token counts of blocks and nothing else. `preview` prints this plan and `build` carries it out, so the two
cannot differ.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby

from pydantic import BaseModel, ConfigDict

from mixer.apportion import apportion, exact_fraction, normalised
from mixer.manifest import Phase, PhaseShare, SourceTotal

WEIGHT_TOLERANCE = Fraction(1, 10**9)  # weights written as decimals of thirds are not worth a note
MOST_SHARDS = 1_000_000  # a listing of more helps nobody, and planning it takes gigabytes


class _Plain(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceTokens(_Plain):
    """A source as the planner sees it."""

    name: str
    kind: str
    group: str
    documents: int
    block_tokens: dict[int, int]
    max_epochs: float | None = None  # None: no cap

    @property
    def available_tokens(self) -> int:
        """One epoch."""
        return sum(self.block_tokens.values())


class PhaseRequest(_Plain):
    """A phase as the recipe asks for it; weights need not sum to one."""

    name: str
    budget_tokens: int
    weights: dict[str, float]


class PlanRequest(_Plain):
    """Everything that decides a mixture's rows."""

    sources: list[SourceTokens]
    phases: list[PhaseRequest]
    sequence_length: int
    rows_per_shard: int
    seed: int


class ShardPlan(_Plain):
    """One shard: rows [first_row, first_row + rows) of the mixture, all of one phase."""

    index: int
    phase: int
    first_row: int
    rows: int


class MixturePlan(_Plain):
    """A request and what follows from it."""

    request: PlanRequest
    rows: int
    phases: list[Phase]
    sources: list[SourceTotal]
    shards: list[ShardPlan]
    notes: list[str]


class PlanError(ValueError):
    """A mixture that cannot be planned as asked; the message says what to change."""


class InfeasibleMixture(PlanError):
    """The sources hold too little for the mixture within the allowed epochs."""


def plan_mixture(request: PlanRequest) -> MixturePlan:
    """The plan; InfeasibleMixture when a source would repeat more often than allowed, PlanError for what makes none."""
    sources = _grouped(request.sources)
    request = request.model_copy(update={"sources": sources})
    notes: list[str] = []
    phases = _plan_phases(request, notes)
    _check_feasible(request, phases)
    return MixturePlan(
        request=request,
        rows=sum(phase.rows for phase in phases),
        phases=phases,
        sources=[_total(source, phases, request.sequence_length) for source in sources],
        shards=_shards(phases, request.rows_per_shard),
        notes=notes,
    )


def largest_feasible_scale(request: PlanRequest) -> Fraction:
    """By which factor every phase's budget could grow (or must shrink) within the sources' epoch caps."""
    asked: dict[str, Fraction] = {}
    for phase in request.phases:
        shares = normalised({name: exact_fraction(weight) for name, weight in phase.weights.items()})
        for name, share in shares.items():
            asked[name] = asked.get(name, Fraction(0)) + share * phase.budget_tokens
    limits = [
        exact_fraction(source.max_epochs) * source.available_tokens / asked[source.name]
        for source in request.sources
        if source.max_epochs is not None and asked.get(source.name)
    ]
    limits += [Fraction(0) for source in request.sources if asked.get(source.name) and not source.available_tokens]
    return min(limits, default=Fraction(10**12))


def _grouped(sources: Sequence[SourceTokens]) -> list[SourceTokens]:
    """Sources with those of a group side by side, groups in order of first appearance: see `apportion`."""
    order = {group: index for index, group in reversed(list(enumerate(source.group for source in sources)))}
    return sorted(sources, key=lambda source: order[source.group])


def _plan_phases(request: PlanRequest, notes: list[str]) -> list[Phase]:
    """The phases one behind the other, each going on in its sources where the one before stopped."""
    phases: list[Phase] = []
    used = dict.fromkeys((source.name for source in request.sources), 0)
    for phase_request in request.phases:
        first_row = phases[-1].first_row + phases[-1].rows if phases else 0
        phases.append(_plan_phase(request, phase_request, first_row, used, notes))
        for part in phases[-1].sources:
            used[part.source] += part.rows
    return phases


def _plan_phase(
    request: PlanRequest, phase: PhaseRequest, first_row: int, used: Mapping[str, int], notes: list[str]
) -> Phase:
    unknown = sorted(set(phase.weights) - {source.name for source in request.sources})
    if unknown:
        raise PlanError(f"phase {phase.name!r} weighs unknown sources {unknown}")
    rows = phase.budget_tokens // request.sequence_length
    if rows == 0:
        raise PlanError(
            f"phase {phase.name!r} asks for {phase.budget_tokens:,} tokens, less than one sequence of "
            f"{request.sequence_length:,}: raise budget_tokens or lower sequence_length"
        )
    shares = normalised({s.name: exact_fraction(phase.weights.get(s.name, 0)) for s in request.sources})
    total = sum((exact_fraction(weight) for weight in phase.weights.values()), Fraction(0))
    if abs(total - 1) > WEIGHT_TOLERANCE:
        notes.append(f"phase {phase.name}: weights were normalised, they do not sum to 1")
    counts = apportion(rows, list(shares.values()))
    parts = []
    for source, count in zip(request.sources, counts, strict=True):
        share = shares[source.name]
        if share and not count:
            notes.append(
                f"phase {phase.name}: {source.name} asks for {float(share * rows):.3f} sequences and gets none"
            )
        parts.append(
            PhaseShare(
                source=source.name,
                asked_share=float(share),
                asked_tokens=float(share * phase.budget_tokens),
                rows=count,
                actual_tokens=count * request.sequence_length,
                share=count / rows,
                error_sequences=float(count - share * rows),
                first_sequence=used[source.name],
            )
        )
    return Phase(name=phase.name, first_row=first_row, rows=rows, sources=parts)


def _check_feasible(request: PlanRequest, phases: Sequence[Phase]) -> None:
    """Raise with every source that would exceed its cap and the largest budget that works."""
    problems = _excesses(request, phases)
    if problems:
        budget = sum(phase.budget_tokens for phase in request.phases)
        raise InfeasibleMixture(
            "the data cannot reach this mixture: "
            + "; ".join(problems)
            + f". Asked: {budget:,} tokens. Largest budget at these shares: {_largest_budget(request):,} tokens. Lower "
            "the budget (--budget), change the weights or --code-ratio, raise max_epochs, or add data"
        )


def _excesses(request: PlanRequest, phases: Sequence[Phase]) -> list[str]:
    """What is wrong with every source that would exceed its cap."""
    problems = []
    for source in request.sources:
        tokens = sum(part.actual_tokens for phase in phases for part in phase.sources if part.source == source.name)
        if tokens and not source.available_tokens:
            problems.append(f"source {source.name!r} is asked for {tokens:,} tokens and has none")
        elif source.max_epochs is not None and tokens > source.max_epochs * source.available_tokens:
            problems.append(
                f"source {source.name!r} is asked for {tokens:,} tokens and has {source.available_tokens:,}: "
                f"{tokens / source.available_tokens:.2f} epochs, allowed {source.max_epochs:g}"
            )
    return problems


def _largest_budget(request: PlanRequest) -> int:
    """The largest budget, phases in proportion, whose own plan is feasible; 0 when there is none.

    The caps give a bound in tokens; rounding to sequences may overstep it by one a source, so whole sequences are
    taken off until the plan itself passes.
    """
    length = request.sequence_length
    budget = sum(phase.budget_tokens for phase in request.phases)
    bound = min(int(largest_feasible_scale(request) * budget), budget)
    for rows in range(bound // length, max(0, bound // length - 4 * len(request.sources)), -1):
        phases = scaled_phases(request.phases, rows * length)
        if all(phase.budget_tokens >= length for phase in phases):
            scaled = request.model_copy(update={"phases": phases})
            if not _excesses(scaled, _plan_phases(scaled, [])):
                return rows * length
    return 0


def scaled_phases(phases: Sequence[PhaseRequest], budget_tokens: int) -> list[PhaseRequest]:
    """The same phases in proportion, adding up to `budget_tokens`."""
    total = sum(phase.budget_tokens for phase in phases)
    ends = [0]
    for phase in phases:
        ends.append(ends[-1] + phase.budget_tokens)
    cuts = [end * budget_tokens // total for end in ends]
    return [
        phase.model_copy(update={"budget_tokens": stop - start})
        for phase, start, stop in zip(phases, cuts, cuts[1:], strict=False)
    ]


def _total(source: SourceTokens, phases: Sequence[Phase], sequence_length: int) -> SourceTotal:
    parts = [part for phase in phases for part in phase.sources if part.source == source.name]
    rows = sum(part.rows for part in parts)
    all_rows = sum(phase.rows for phase in phases)
    return SourceTotal(
        name=source.name,
        kind=source.kind,
        group=source.group,
        available_tokens=source.available_tokens,
        documents=source.documents,
        asked_tokens=sum(part.asked_tokens for part in parts),
        actual_tokens=rows * sequence_length,
        share=rows / all_rows,
        error_sequences=sum(part.error_sequences for part in parts),
        epochs=rows * sequence_length / source.available_tokens if source.available_tokens else 0.0,
    )


def _shards(phases: Sequence[Phase], rows_per_shard: int) -> list[ShardPlan]:
    rows = sum(phase.rows for phase in phases)
    if rows > rows_per_shard * MOST_SHARDS:
        raise PlanError(
            f"{rows:,} rows at {rows_per_shard:,} a shard make more than {MOST_SHARDS:,} shards: raise "
            "rows_per_shard or sequence_length, or lower the budget"
        )
    ranges = [
        (number, start, min(rows_per_shard, phase.first_row + phase.rows - start))
        for number, phase in enumerate(phases)
        for start in range(phase.first_row, phase.first_row + phase.rows, rows_per_shard)
    ]
    return [
        ShardPlan(index=index, phase=phase, first_row=first_row, rows=rows)
        for index, (phase, first_row, rows) in enumerate(ranges)
    ]


def group_shares(phase: Phase, group_of: Mapping[str, str]) -> dict[str, float]:
    """Share of each group in a phase."""
    pairs = sorted((group_of[part.source], part.share) for part in phase.sources)
    return {group: sum(share for _, share in items) for group, items in groupby(pairs, key=lambda pair: pair[0])}

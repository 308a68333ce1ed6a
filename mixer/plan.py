"""The mixture plan: which sequences of which source make which rows; exact, and pure arithmetic.

It reads token counts of blocks and nothing else. `preview` prints this plan and `build` carries it out, so the two
cannot differ.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from mixer.apportion import apportion
from mixer.caps import allowed_tokens, spread
from mixer.ledger import ConcatLedger, Ledger
from mixer.manifest import Phase, PhaseShare, SourceTotal
from mixer.request import (
    InfeasibleMixture,
    PhaseRequest,
    PlanError,
    PlanRequest,
    SourceTokens,
    group_path,
    scaled_budgets,
    with_budget,
)
from mixer.weights import phase_shares

MOST_SHARDS = 1_000_000  # a listing of more helps nobody, and planning it takes gigabytes
MOST_BUDGET_TOKENS = 1 << 60  # beyond this a budget counts as without a limit


class ShardPlan(BaseModel):
    """One shard: rows [first_row, first_row + rows) of the mixture, all of one phase."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: int
    phase: int
    first_row: int
    rows: int


class MixturePlan(BaseModel):
    """A request and what follows from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request: PlanRequest
    rows: int
    phases: list[Phase]
    sources: list[SourceTotal]
    shards: list[ShardPlan]
    notes: list[str]


def plan_mixture(request: PlanRequest, ledgers: Mapping[str, Ledger] | None = None) -> MixturePlan:
    """The plan; InfeasibleMixture when a source would repeat more often than allowed, PlanError for what makes none.

    `ledgers` count the tokens in each source's rows; without them every row is full, as with `concat`.
    """
    planner = Planner(request, ledgers)
    phases, notes = planner.phases()
    planner.check_feasible(phases)
    request = planner.request
    return MixturePlan(
        request=request,
        rows=sum(phase.rows for phase in phases),
        phases=phases,
        sources=planner.totals(phases),
        shards=_shards(phases, request.rows_per_shard),
        notes=[*planner.weight_notes, *notes],
    )


def largest_budget(request: PlanRequest, ledgers: Mapping[str, Ledger] | None = None) -> int | None:
    """The largest budget, phases in proportion, that the epoch caps allow; None when nothing limits it.

    Found to a few sequences: rounding may let single budgets just above it through.
    """
    return Planner(request, ledgers).largest_budget()


class Planner:
    """Plans a request at its own or at any other budget; shares are resolved once."""

    def __init__(self, request: PlanRequest, ledgers: Mapping[str, Ledger] | None = None) -> None:
        self.request = request.model_copy(update={"sources": _grouped(request.sources)})
        self.weight_notes: list[str] = []
        self._shares = [phase_shares(self.request, phase, self.weight_notes) for phase in request.phases]
        concat = ConcatLedger(request.sequence_length)
        self.ledgers = ledgers
        self._ledgers = [ledgers[source.name] if ledgers else concat for source in self.request.sources]

    def phases(self, budget_tokens: int | None = None) -> tuple[list[Phase], list[str]]:
        """The phases one behind the other, each going on in its sources where the one before stopped, and notes."""
        request = self.request if budget_tokens is None else with_budget(self.request, budget_tokens)
        notes: list[str] = []
        phases: list[Phase] = []
        used_rows = [0] * len(request.sources)
        for phase_request, shares in zip(request.phases, self._shares, strict=True):
            first_row = phases[-1].first_row + phases[-1].rows if phases else 0
            phases.append(self._phase(phase_request, shares, first_row, used_rows, notes))
            used_rows = [used + part.rows for used, part in zip(used_rows, phases[-1].sources, strict=True)]
        notes += [
            f"{source.name} repeats {tokens / source.available_tokens:.2f} epochs, more than {source.max_epochs:g}: "
            "allowed by on_epoch_cap"
            for source, tokens in self._tokens(phases)
            if source.on_epoch_cap == "warn" and source.max_epochs is not None
            if source.available_tokens and _exceeds(source, tokens)
        ]
        return phases, notes

    def check_feasible(self, phases: Sequence[Phase]) -> None:
        """InfeasibleMixture with every source that would exceed its cap and the largest budget that works."""
        problems = self.problems(phases)
        length = self.request.sequence_length
        if problems:
            raise InfeasibleMixture(
                f"the data cannot reach this mixture: {'; '.join(problems)}. Asked: {self.request.budget_tokens:,} "
                f"tokens. Largest budget at these shares: {self._largest_below() * length:,} tokens. Lower the budget "
                "(--budget), change the weights or --code-ratio, raise max_epochs, or add data"
            )

    def largest_budget(self) -> int | None:
        """See the function of that name; found by bisection over plans, so that every rounding is the plan's own."""
        length = self.request.sequence_length
        if not all(phase.budget_tokens for phase in self.request.phases):
            return 0
        least = self._least_rows()
        if not self._is_feasible(least * length):
            return 0
        low, high = least, max(2 * least, self.request.budget_tokens // length)
        while self._is_feasible(high * length):
            low, high = high, 2 * high
            if high * length > MOST_BUDGET_TOKENS:
                return None
        return self._between(low, high) * length

    def _largest_below(self) -> int:
        """The largest feasible number of rows below the request's own, which is not feasible."""
        low = self._least_rows() if all(phase.budget_tokens for phase in self.request.phases) else 0
        high = self.request.budget_tokens // self.request.sequence_length
        if low >= high or not self._is_feasible(low * self.request.sequence_length):
            return 0
        return self._between(low, high)

    def _between(self, low: int, high: int) -> int:
        """The largest feasible number of rows in [low, high), by bisection; low is feasible and high is not."""
        while high - low > 1:
            middle = (low + high) // 2
            if self._is_feasible(middle * self.request.sequence_length):
                low = middle
            else:
                high = middle
        return low

    def _least_rows(self) -> int:
        """The smallest budget, in sequences, that gives every phase one."""
        length, budgets = self.request.sequence_length, [phase.budget_tokens for phase in self.request.phases]
        rows = -(-sum(budgets) // max(1, min(budgets)))
        while any(budget < length for budget in scaled_budgets(budgets, rows * length)):
            rows += 1
        return rows

    def _is_feasible(self, budget_tokens: int) -> bool:
        return not self.problems(self.phases(budget_tokens)[0])

    def _phase(
        self,
        phase: PhaseRequest,
        shares: Mapping[str, Fraction],
        first_row: int,
        used_rows: Sequence[int],
        notes: list[str],
    ) -> Phase:
        length = self.request.sequence_length
        if phase.budget_tokens < length:
            raise PlanError(
                f"phase {phase.name!r} asks for {phase.budget_tokens:,} tokens, less than one sequence of "
                f"{length:,}: raise its budget or lower sequence_length"
            )
        is_concat = self.request.packing == "concat"
        phase_tokens = phase.budget_tokens // length * length if is_concat else phase.budget_tokens
        asked = {name: share * phase_tokens for name, share in shares.items()}
        targets, counts = self._placed(phase.name, asked, used_rows, notes)
        parts = []
        for index, (source, rows) in enumerate(zip(self.request.sources, counts, strict=True)):
            share, target, first = shares[source.name], targets[source.name], used_rows[index]
            tokens = self._ledgers[index].tokens_between(first, first + rows)
            if target and not rows:
                notes.append(
                    f"phase {phase.name}: {source.name} asks for {float(target / length):.2g} sequences and gets none"
                )
            parts.append(
                PhaseShare(
                    source=source.name,
                    asked_share=float(share),
                    target_share=float(target / phase_tokens),
                    asked_tokens=float(share * phase.budget_tokens),
                    rows=rows,
                    actual_tokens=tokens,
                    padding_tokens=rows * length - tokens,
                    share=0.0,
                    error_sequences=float((tokens - target) / length),
                    first_sequence=first,
                )
            )
        total = max(1, sum(part.actual_tokens for part in parts))
        parts = [part.model_copy(update={"share": part.actual_tokens / total}) for part in parts]
        return Phase(name=phase.name, first_row=first_row, rows=sum(counts), sources=parts)

    def _placed(
        self, phase: str, asked: Mapping[str, Fraction], used_rows: Sequence[int], notes: list[str]
    ) -> tuple[dict[str, Fraction], list[int]]:
        """Target tokens after spreading, and the rows that come nearest to them."""
        sources, length = self.request.sources, self.request.sequence_length
        room = {
            source.name: _left(source, ledger, used)
            for source, ledger, used in zip(sources, self._ledgers, used_rows, strict=True)
        }
        while True:
            targets, takers_of = spread(asked, room, sources)
            counts = apportion(list(targets.values()), self._ledgers, used_rows)
            over = [
                source.name
                for source, ledger, used, rows in zip(sources, self._ledgers, used_rows, counts, strict=True)
                if source.name in takers_of
                and (left := room[source.name]) is not None
                and left > 0
                and ledger.tokens_between(used, used + rows) > _left_exactly(source, ledger, used)
            ]
            if not over:
                break
            for name in over:  # rounding took one sequence more than there is: leave it room
                room[name] = max(Fraction(0), (room[name] or Fraction(0)) - length)
        notes += [
            f"phase {phase}: {name} is at its cap of epochs; {float(asked[name] - targets[name]):,.0f} of its tokens "
            f"go to {', '.join(takers)}"
            for name, takers in takers_of.items()
        ]
        return targets, counts

    def totals(self, phases: Sequence[Phase]) -> list[SourceTotal]:
        """Every source over all phases."""
        return [_total(source, phases) for source in self.request.sources]

    def _tokens(self, phases: Sequence[Phase]) -> list[tuple[SourceTokens, int]]:
        """Every source with its tokens over all phases."""
        tokens = dict.fromkeys((source.name for source in self.request.sources), 0)
        for phase in phases:
            for part in phase.sources:
                tokens[part.source] += part.actual_tokens
        return [(source, tokens[source.name]) for source in self.request.sources]

    def problems(self, phases: Sequence[Phase]) -> list[str]:
        """What is wrong with every source that would exceed its cap."""
        problems = []
        wanted = {part.source for phase in phases for part in phase.sources if part.target_share}
        for source, tokens in self._tokens(phases):
            if source.name in wanted and not source.available_tokens:
                asked = sum(
                    part.asked_tokens for phase in phases for part in phase.sources if part.source == source.name
                )
                problems.append(f"source {source.name!r} is asked for {asked:,.0f} tokens and has none")
            elif source.on_epoch_cap != "warn" and source.max_epochs is not None and _exceeds(source, tokens):
                nobody = ", and nothing else in its group can take more" if source.on_epoch_cap == "spread" else ""
                problems.append(
                    f"source {source.name!r} is asked for {tokens:,} tokens and has {source.available_tokens:,}: "
                    f"{tokens / source.available_tokens:.2f} epochs, allowed {source.max_epochs:g}{nobody}"
                )
        return problems


def _exceeds(source: SourceTokens, tokens: int) -> bool:
    allowed = allowed_tokens(source.model_copy(update={"on_epoch_cap": "fail"}))
    return allowed is not None and tokens > allowed


def _left_exactly(source: SourceTokens, ledger: Ledger, used_rows: int) -> Fraction:
    allowed = allowed_tokens(source)
    used = ledger.tokens_between(0, used_rows)
    return Fraction(1 << 62) if allowed is None else max(Fraction(0), allowed - used)


def _left(source: SourceTokens, ledger: Ledger, used_rows: int) -> Fraction | None:
    """Tokens that a source may still give after its first `used_rows` rows, in whole sequences; None: any number."""
    if allowed_tokens(source) is None:
        return None
    left = _left_exactly(source, ledger, used_rows)
    rows = ledger.rows_for(used_rows, left)
    while rows and ledger.tokens_between(used_rows, used_rows + rows) > left:
        rows -= 1
    return Fraction(ledger.tokens_between(used_rows, used_rows + rows))


def _grouped(sources: Sequence[SourceTokens]) -> list[SourceTokens]:
    """Text, then code; those of a group side by side, groups in order of first appearance: see `apportion`."""
    order: dict[str, int] = {}
    for source in sources:
        for group in group_path(source.group):
            order.setdefault(group, len(order))
    return sorted(sources, key=lambda source: (source.is_code, [order[group] for group in group_path(source.group)]))


def _total(source: SourceTokens, phases: Sequence[Phase]) -> SourceTotal:
    parts = [part for phase in phases for part in phase.sources if part.source == source.name]
    tokens = sum(part.actual_tokens for part in parts)
    all_tokens = sum(part.actual_tokens for phase in phases for part in phase.sources)
    return SourceTotal(
        name=source.name,
        kind=source.kind,
        group=source.group,
        available_tokens=source.available_tokens,
        documents=source.documents,
        asked_tokens=sum(part.asked_tokens for part in parts),
        rows=sum(part.rows for part in parts),
        actual_tokens=tokens,
        padding_tokens=sum(part.padding_tokens for part in parts),
        share=tokens / max(1, all_tokens),
        error_sequences=sum(part.error_sequences for part in parts),
        epochs=tokens / source.available_tokens if source.available_tokens else 0.0,
        max_epochs=source.max_epochs,
        split_documents=source.split_documents,
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

"""What a recipe would make: exact from token blocks, else from estimates."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mixer.plan import MixturePlan, Planner, plan_mixture
from mixer.request import InfeasibleMixture
from pipelines.context import Context, NotBuilt
from pipelines.estimates.choice import estimate_sources
from pipelines.estimates.plans import estimated_plan, refuse_unreachable
from pipelines.estimates.source_estimate import SourceEstimate
from pipelines.estimates.tables import estimate_notes
from pipelines.previews.table import preview_of
from pipelines.recipe import Recipe
from pipelines.stages import find_blocks
from pipelines.steps.plan import plan_request


@dataclass(frozen=True)
class Outlook:
    """A plan, and how sure it is."""

    recipe: Recipe
    plan: MixturePlan
    planner: Planner  # answers for other budgets
    exact: bool
    estimates: Sequence[SourceEstimate] = ()  # of each source; empty where the plan is exact
    notes: list[str] = field(default_factory=list)

    @property
    def how(self) -> str:
        """In a few words."""
        if self.exact:
            return "exact"
        found = {estimate.how for estimate in self.estimates if estimate.how != "exact"}
        from_ = "stored documents" if found == {"stored"} else "a sample"
        before = ", before dedup" if any(estimate.before_dedup for estimate in self.estimates) else ""
        return f"ESTIMATED from {from_}{before}"

    def content(self) -> dict[str, Any]:
        """What `--json` prints."""
        return preview_of(self.plan) | {
            "exact": self.exact,
            "how": self.how,
            "largest_budget_tokens": self.planner.largest_budget(),
            "estimates": [asdict(estimate) for estimate in self.estimates],
            "notes": self.notes,
        }


def outlook(context: Context) -> Outlook:
    """The plan over what is tokenized, or over estimates where some source is not; InfeasibleMixture when it is exact
    and out of reach.
    """
    try:
        find_blocks(context)
    except NotBuilt as missing:
        return estimated_outlook(context.recipe, estimate_sources(context), str(missing))
    request, ledgers = plan_request(context)
    plan = plan_mixture(request, ledgers)
    notes = [*context.recipe.notes(), *plan.notes]
    return Outlook(context.recipe, plan, Planner(request, ledgers), exact=True, notes=notes)


def estimated_outlook(recipe: Recipe, estimates: Sequence[SourceEstimate], missing: str) -> Outlook:
    """The plan over estimates; `missing` says why it is not exact."""
    plan = estimated_plan(recipe, estimates)
    caps = {part.name: part.max_epochs for part in recipe.mixed()}
    sources = [source.model_copy(update={"max_epochs": caps[source.name]}) for source in plan.request.sources]
    planner = Planner(plan.request.model_copy(update={"sources": sources}))
    notes = [missing, *estimate_notes(estimates), *recipe.notes(), *plan.notes]
    try:
        refuse_unreachable(recipe, estimates)
    except InfeasibleMixture as error:
        notes.insert(0, f"a build would refuse this: {error}")
    return Outlook(recipe, plan, planner, exact=False, estimates=estimates, notes=notes)

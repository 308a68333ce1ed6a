"""The mixture's plan over estimated sources, and the refusal of one that the data surely cannot reach."""

from collections.abc import Sequence

from mixer.apportion import exact_fraction
from mixer.plan import MixturePlan, plan_mixture
from mixer.request import InfeasibleMixture, PlanRequest, SourceTokens
from pipelines.estimates.source_estimate import SourceEstimate
from pipelines.recipe import Mixed, Recipe
from pipelines.steps.plan import request_of

ENDLESS_TOKENS = 1 << 62


def estimated_plan(recipe: Recipe, estimates: Sequence[SourceEstimate]) -> MixturePlan:
    """The plan over estimated tokens; a cap that would refuse does not: the table itself shows the epochs.

    What a condition (`where`, of a source or a tier) selects shows with tokens alone: until then it counts as the whole
    source, and a note says so. What validation holds out is taken off as the share of tokens that it is of documents.
    """
    request = _without_held_out(recipe, _request(recipe, estimates))
    uncapped = [
        source.model_copy(update={"max_epochs": None}) if source.on_epoch_cap == "fail" else source
        for source in request.sources
    ]
    plan = plan_mixture(request.model_copy(update={"sources": uncapped}))
    chosen = [part.name for part in recipe.mixed() if part.where is not None]
    if not chosen:
        return plan
    note = f"{', '.join(chosen)}: counted as the whole source; how much `where` selects is known once it is tokenized"
    return plan.model_copy(update={"notes": [*plan.notes, note]})


def refuse_unreachable(recipe: Recipe, estimates: Sequence[SourceEstimate]) -> None:
    """InfeasibleMixture when the data cannot reach the mixture, as far as is known before any work.

    Known is a source whose every token was counted: it can only lose documents to dedup and to a condition. Of any
    other the sample proves nothing, so it counts as endless here, and the exact plan decides. So it does where shares
    depend on sizes (natural, uniform, groups of several sources without weights): a smaller source has a smaller share.
    """
    if not _has_fixed_shares(recipe):
        return
    request = _request(recipe, estimates)
    complete = {estimate.source for estimate in estimates if estimate.complete}
    endless = {"block_tokens": {0: ENDLESS_TOKENS}, "max_epochs": None}
    known = [
        source if (source.tier_of or source.name) in complete else source.model_copy(update=endless)
        for source in request.sources
    ]
    try:
        plan_mixture(request.model_copy(update={"sources": known}))
    except InfeasibleMixture as error:
        raise InfeasibleMixture(f"from a sample of the sources, before any work: {error}") from error


def _without_held_out(recipe: Recipe, request: PlanRequest) -> PlanRequest:
    """What is left for training: about so much, for hashes choose documents and not tokens."""
    if recipe.validation is None:
        return request
    left = 1 - exact_fraction(recipe.validation.share)
    sources = [
        source.model_copy(
            update={
                "documents": int(source.documents * left),
                "block_tokens": {block: int(tokens * left) for block, tokens in source.block_tokens.items()},
            }
        )
        for source in request.sources
    ]
    return request.model_copy(update={"sources": sources})


def _has_fixed_shares(recipe: Recipe) -> bool:
    """Whether shares follow from the weights alone: natural ones change when a source turns out smaller."""
    tree = recipe.weight_tree()
    return all(tree.is_fixed(phase.weighting()) for phase in recipe.phases)


def _request(recipe: Recipe, estimates: Sequence[SourceEstimate]) -> PlanRequest:
    """The planner's input, from an estimate of each source."""
    by_source = {estimate.source: estimate for estimate in estimates}
    return request_of(recipe, [_source_tokens(part, by_source[part.tier_of or part.name]) for part in recipe.mixed()])


def _source_tokens(part: Mixed, estimate: SourceEstimate) -> SourceTokens:
    return SourceTokens(
        name=part.name,
        kind=part.kind,
        group=part.group,
        documents=estimate.documents,
        block_tokens={0: estimate.tokens},
        max_epochs=part.max_epochs,
        on_epoch_cap=part.on_epoch_cap,
        tier_of=part.tier_of,
    )

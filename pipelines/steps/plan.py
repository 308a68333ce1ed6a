"""Plan: block counts and the recipe's phases make the exact mixture plan. One process, no text, no Spark."""

from typing import Any

from mixer.plan import MixturePlan, PlanRequest, plan_mixture
from mixer.tokens import tokenizer
from pipelines.context import Context
from pipelines.lake import digest_of
from pipelines.recipe import Recipe
from pipelines.steps import tokenize_blocks

NAME = "plan"


def run(context: Context) -> None:
    """Refuse a mixture that the data cannot reach before a shard is written; `mix` makes the same plan again."""
    make_plan(context)


def make_plan(context: Context) -> MixturePlan:
    """The plan of the recipe over the published token blocks; InfeasibleMixture when the data cannot reach it."""
    return plan_mixture(plan_request(context))


def plan_request(context: Context) -> PlanRequest:
    """The planner's input: what the recipe asks and what the blocks hold."""
    recipe = context.recipe
    return PlanRequest(
        sources=[
            tokenize_blocks.source_tokens(context, source.name, source.max_epochs or recipe.max_epochs)
            for source in recipe.sources
        ],
        phases=recipe.phase_requests(),
        sequence_length=recipe.sequence_length,
        rows_per_shard=recipe.rows_per_shard,
        seed=recipe.seed,
    )


def mixture_fingerprint(context: Context, plan: MixturePlan, version: int) -> str:
    """Names a mixture by what decides its bytes: the blocks' content, the vocabulary and the request."""
    blocks = {source.name: context.of("tokenize", source.name).output for source in context.recipe.sources}
    # Neither a cap that was not hit nor a kind's name decides a byte.
    unused = {"sources": {"__all__": {"max_epochs", "kind"}}}
    request = plan.request.model_dump(mode="json", exclude=unused)
    vocabulary = tokenizer(context.recipe.tokenizer.name).info.identity()
    return digest_of({"version": version, "request": request, "blocks": blocks, "tokenizer": vocabulary})


def resolved_recipe(recipe: Recipe) -> dict[str, Any]:
    """The recipe with every default filled in, as the manifest keeps it."""
    content = recipe.model_dump(mode="json")
    for source, spec in zip(content["sources"], recipe.sources, strict=True):
        source["options"] = spec.parsed_options().plain()
        source["group"] = spec.group_name()
        source["max_epochs"] = spec.max_epochs or recipe.max_epochs
    return content

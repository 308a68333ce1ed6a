"""Build a mixture: a recipe, a lake and Spark in; the published mixture's manifest out."""

from datetime import datetime
from pathlib import Path

from mixer.manifest import MixtureManifest
from pipelines.context import Context
from pipelines.lake import Lake
from pipelines.progress import LogFormat, Progress
from pipelines.recipe import Recipe, load_recipe
from pipelines.runs.recording import recorded
from pipelines.stages import LIGHT_STAGES, STAGE_NAMES, run_stages
from pipelines.steps.mix import published_mixture
from pipelines.steps.select import check_conditions

DEFAULT_RECIPE = Path(__file__).resolve().parent.parent / "recipes" / "demo.yaml"
DEFAULT_LAKE = "build/lake"
LIGHT_INPUT_BYTES = 2_000_000_000  # up to here a JVM that compiles less saves more than it loses


def recipe_from(
    path: str | Path | None,
    code_ratio: float | None,
    budget_tokens: int | None,
    sources: str | Path | None = None,
    as_of: datetime | None = None,
) -> Recipe:
    """The recipe at `path` (default: the demo) with the command line's overrides applied.

    Of sources that say `dated`, files of before `as_of` alone are read.
    """
    recipe = load_recipe(path or DEFAULT_RECIPE, sources)
    if as_of is not None:
        recipe.read_until(as_of)
    if budget_tokens is not None:
        recipe = recipe.with_budget(budget_tokens)
    if code_ratio is not None:
        recipe = recipe.with_code_ratio(code_ratio)
    check_conditions(recipe)
    return recipe


def new_context(
    recipe: Recipe,
    lake_uri: str,
    master: str | None = None,
    quiet: bool = False,
    log_format: LogFormat | None = None,
) -> Context:
    """A run over `lake_uri`; Spark starts when a stage needs it."""

    def start_spark() -> object:
        from pipelines.session import LateSession, spark_context

        is_small = context.stage in LIGHT_STAGES or context.input_bytes <= LIGHT_INPUT_BYTES
        return LateSession(spark_context(master, light=is_small))

    context = Context(recipe, Lake(lake_uri), start_spark, Progress(quiet, log_format))
    return context


def build(context: Context, until: str = STAGE_NAMES[-1]) -> MixtureManifest | None:
    """Run the stages, recorded; returns the mixture's manifest, or None when `until` stops before it."""
    with recorded(context, until):
        run_stages(context, until)
    return published_mixture(context) if until == STAGE_NAMES[-1] else None

"""`mixdown build`: every stage that is not done yet."""

from typing import Annotated

import typer

from pipelines.build import DEFAULT_LAKE, new_context, recipe_from
from pipelines.build import build as run_build
from pipelines.commands.options import (
    AsOfOption,
    BudgetOption,
    LakeOption,
    MasterOption,
    RatioOption,
    RecipeArgument,
    SourcesOption,
    note_what_as_of_does,
    out,
    print_notes,
)
from pipelines.context import Context, NotBuilt
from pipelines.estimates.plans import refuse_unreachable
from pipelines.estimates.splits import sample_sources
from pipelines.previews.table import table_of
from pipelines.runs.recording import recorded
from pipelines.stages import STAGE_NAMES, find_blocks
from pipelines.steps.plan import make_plan

LogFormatOption = Annotated[
    str | None,
    typer.Option(help="What progress is on standard error: text, or json for collectors of logs.", show_default=False),
]
UntilOption = Annotated[str, typer.Option(help=f"Last stage to run: {', '.join(STAGE_NAMES)}.")]


def build(
    recipe: RecipeArgument = None,
    sources: SourcesOption = None,
    code_ratio: RatioOption = None,
    budget: BudgetOption = None,
    lake: LakeOption = DEFAULT_LAKE,
    master: MasterOption = None,
    until: UntilOption = STAGE_NAMES[-1],
    as_of: AsOfOption = None,
    log_format: LogFormatOption = None,
) -> None:
    """Build a mixture: run every stage that is not done yet, print the table and the folder of shards."""
    if until not in STAGE_NAMES:
        raise typer.BadParameter(
            f"{until!r} is no stage; the stages are {', '.join(STAGE_NAMES)}", param_hint="--until"
        )
    if log_format not in (None, "text", "json"):
        raise typer.BadParameter(f"{log_format!r} is neither text nor json", param_hint="--log-format")
    asked = recipe_from(recipe, code_ratio, budget, sources, as_of)
    note_what_as_of_does(asked, as_of)
    context = new_context(asked, lake, master, log_format="json" if log_format == "json" else None)
    with recorded(context, until):
        if until in ("plan", "mix"):
            _refuse_before_work(context)
        manifest = run_build(context, until)
    if manifest is not None:
        out.print(table_of(manifest, f"mixture {manifest.name} {manifest.fingerprint}"))
        print_notes(manifest.notes)
        if not context.tasks_run:
            out.print("nothing changed: no stage did any work")
        # Plain print: a path must not be wrapped, someone may paste it.
        print(f"shards: {context.mixture_uri}")


def _refuse_before_work(context: Context) -> None:
    """Stop before any work when the data clearly cannot reach the mixture; exact once blocks exist."""
    try:
        find_blocks(context)
        make_plan(context)
    except NotBuilt:
        with context.progress.waiting("sampling sources"):
            samples = sample_sources(context.recipe, context.lake)
        refuse_unreachable(context.recipe, samples)

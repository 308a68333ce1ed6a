"""The command line: a thin layer over the library; its help text is its documentation."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines.build import DEFAULT_LAKE, build, new_context, recipe_from
from pipelines.context import Context, NotBuilt
from pipelines.estimate import estimated_plan, refuse_unreachable, sample_sources
from pipelines.messages import run_command
from pipelines.preview import preview_of, table_of
from pipelines.stages import STAGE_NAMES, find_blocks
from pipelines.steps.plan import make_plan

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Pretraining-data mixtures: web text, code, commits and pull requests to token shards at an exact code ratio.",
)

RecipeArgument = Annotated[Path | None, typer.Argument(help="Recipe (YAML). Default: the demo.", show_default=False)]
RecipeOption = Annotated[
    Path | None, typer.Option("--recipe", help="Recipe (YAML). Default: the demo.", show_default=False)
]
RatioOption = Annotated[
    float | None,
    typer.Option(help="Share of tokens from code sources, 0 to 1; others are scaled in proportion."),
]
BudgetOption = Annotated[int | None, typer.Option(help="Tokens over all phases; phases are scaled in proportion.")]
LakeOption = Annotated[str, typer.Option(help="Folder or s3:// uri that holds every stage's output.")]
MasterOption = Annotated[
    str | None, typer.Option(help="Spark master. Default: spark-submit's, else local[*].", show_default=False)
]
UntilOption = Annotated[str, typer.Option(help=f"Last stage to run: {', '.join(STAGE_NAMES)}.")]
ManifestArgument = Annotated[str, typer.Argument(help="A mixture's manifest.json or its folder.")]

TABLE_COLUMNS = 118  # what the mixture's table needs; a narrower terminal wraps rather than loses numbers

out = Console(highlight=False)
out.width = max(out.width, TABLE_COLUMNS)


@app.command("build")
def build_command(
    recipe: RecipeArgument = None,
    code_ratio: RatioOption = None,
    budget: BudgetOption = None,
    lake: LakeOption = DEFAULT_LAKE,
    master: MasterOption = None,
    until: UntilOption = STAGE_NAMES[-1],
) -> None:
    """Build a mixture: run every stage that is not done yet, print the table and the folder of shards."""
    if until not in STAGE_NAMES:
        raise typer.BadParameter(
            f"{until!r} is no stage; the stages are {', '.join(STAGE_NAMES)}", param_hint="--until"
        )
    context = new_context(recipe_from(recipe, code_ratio, budget), lake, master)
    if until in ("plan", "mix"):
        _refuse_before_work(context)
    manifest = build(context, until)
    if manifest is not None:
        out.print(table_of(manifest, f"mixture {manifest.name} {manifest.fingerprint}"))
        for note in manifest.notes:
            out.print(f"note: {note}", markup=False)
        if not context.tasks_run:
            out.print("nothing changed: no stage did any work")
        # Plain print: a path must not be wrapped, someone may paste it.
        print(f"shards: {context.mixture_uri}")


@app.command()
def preview(
    recipe: RecipeArgument = None,
    code_ratio: RatioOption = None,
    budget: BudgetOption = None,
    lake: LakeOption = DEFAULT_LAKE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the mixture before paying for it: exact from token blocks, else estimated from a sample."""
    context = new_context(recipe_from(recipe, code_ratio, budget), lake, quiet=True)
    try:
        find_blocks(context)
        plan = make_plan(context)
        content = preview_of(plan)
    except NotBuilt as missing:
        plan = estimated_plan(context.recipe, sample_sources(context.recipe))
        content = preview_of(plan) | {"exact": False, "notes": [str(missing), *plan.notes]}
    if as_json:
        print(json.dumps(content, indent=1))
        return
    kind = "exact" if content["exact"] else "ESTIMATED from a sample, before dedup"
    out.print(table_of(plan, f"preview of {context.recipe.name} ({kind})"))
    out.print(
        f"{content['shards']} shards; mixing takes about {content['mix_seconds']:.1f} s on one core",
        markup=False,
    )
    for note in content["notes"]:
        out.print(f"note: {note}", markup=False)


@app.command()
def report(
    manifest: ManifestArgument,
    output: Annotated[
        Path | None, typer.Option(help="Where to write. Default: report.html beside the manifest.")
    ] = None,
) -> None:
    """Write a self-contained HTML page about a mixture."""
    from pipelines.report import write_report

    print(f"report: {write_report(manifest, output)}")


@app.command()
def train(
    manifest: ManifestArgument,
    preset: Annotated[str, typer.Option(help="Model size: tiny, 60m, 160m, 470m, 2.8b.")] = "tiny",
    steps: Annotated[
        int | None, typer.Option(help="Optimizer steps. Default: the whole mixture.", show_default=False)
    ] = None,
    batch_rows: Annotated[int, typer.Option(help="Sequences in a step.")] = 8,
    output: Annotated[Path | None, typer.Option(help="Folder of the run.", show_default=False)] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    seed: Annotated[int, typer.Option(help="Of the model's first weights.")] = 0,
    checkpoint_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 100,
) -> None:
    """Train a model on a mixture; a run that was stopped goes on from its last checkpoint."""
    from trainer.progress import ProgressLine
    from trainer.train import describe
    from trainer.train import train as run_training

    with ProgressLine() as line:
        result = run_training(
            manifest,
            output,
            preset,
            steps,
            batch_rows,
            seed=seed,
            device=device,
            checkpoint_every=checkpoint_every,
            log=line,
        )
    print(describe(result))


def _refuse_before_work(context: Context) -> None:
    """Stop before any work when the data clearly cannot reach the mixture; exact once blocks exist."""
    try:
        find_blocks(context)
        make_plan(context)
    except NotBuilt:
        with context.progress.waiting("sampling sources"):
            samples = sample_sources(context.recipe)
        refuse_unreachable(context.recipe, samples)


def build_mix() -> None:
    """Entry of `spark-submit pipelines/build_mix.py`: the build command with the recipe as an option."""
    from pipelines.session import require_packages

    require_packages()
    command = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

    @command.command()
    def build_mix_command(
        recipe: RecipeOption = None,
        code_ratio: RatioOption = None,
        budget: BudgetOption = None,
        lake: LakeOption = DEFAULT_LAKE,
        until: UntilOption = STAGE_NAMES[-1],
    ) -> None:
        """Build a mixture: run every stage that is not done yet, print the table and the folder of shards."""
        build_command(recipe, code_ratio, budget, lake, None, until)

    run_command(command)


def main() -> None:
    """Entry of `mixdown`."""
    run_command(app)

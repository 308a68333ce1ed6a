"""`mixdown ablate`: a model a code ratio and seed, and what they say of the best ratio."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.ablation.settings import DEFAULT_RATIOS, AblationSettings
from pipelines.build import DEFAULT_LAKE, new_context, recipe_from
from pipelines.commands.options import (
    BudgetOption,
    LakeOption,
    MasterOption,
    RecipeArgument,
    SourcesOption,
    out,
    print_notes,
    ratios_from,
)

PAPERS_RATIOS = ",".join(map("{:g}".format, DEFAULT_RATIOS))


def _weights(written: str) -> dict[str, float]:
    try:
        return {name.strip(): float(weight) for name, weight in (part.split("=") for part in written.split(","))}
    except ValueError as error:
        raise typer.BadParameter(f"{written!r}: weights of groups are needed, as text=0.7,code=0.3") from error


def ablate(
    recipe: RecipeArgument = None,
    sources: SourcesOption = None,
    ratios: Annotated[str, typer.Option(metavar="R,R,...", help="Code ratios to try.")] = PAPERS_RATIOS,
    seeds: Annotated[int, typer.Option(help="Runs of each ratio, with other weights, documents and order.")] = 3,
    budget: BudgetOption = None,
    preset: Annotated[str, typer.Option(help="Model size: tiny, 60m, 160m, 470m, 2.8b.")] = "tiny",
    goal: Annotated[
        str, typer.Option(metavar="GROUP=W,...", help="What the recommended ratio is best for, by weights of groups.")
    ] = "text=0.5,code=0.5",
    lake: LakeOption = DEFAULT_LAKE,
    output: Annotated[
        Path | None, typer.Option(help="Folder. Default: build/ablations/RECIPE.", show_default=False)
    ] = None,
    batch_rows: Annotated[int, typer.Option(help="Sequences in a step.")] = 8,
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak. Default: the preset's.", show_default=False)
    ] = None,
    validate_rows: Annotated[
        int | None, typer.Option(help="Rows of each source that are validated. Default: all.", show_default=False)
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    parallel: Annotated[
        int | None, typer.Option(help="Runs at once. Default: one on each GPU, else on each core.", show_default=False)
    ] = None,
    swarm: Annotated[
        int | None,
        typer.Option(help="Instead of ratios: so many mixtures of all sources, fitted; writes the best as a recipe."),
    ] = None,
    master: MasterOption = None,
) -> None:
    """Train a small model at each code ratio and seed, and say what code does to each source's validation."""
    from pipelines.ablation.ablation import run_ablation
    from pipelines.ablation.swarm import run_swarm
    from pipelines.ablation.tables import swarm_table, swarm_words

    settings = AblationSettings(
        ratios=tuple(ratios_from(ratios)),
        seeds=seeds,
        preset=preset,
        batch_rows=batch_rows,
        learning_rate=learning_rate,
        validate_rows=validate_rows,
        device=device,
        goal=_weights(goal),
    )
    asked = recipe_from(recipe, None, budget, sources)
    folder = output or Path("build/ablations") / asked.name
    if swarm is not None:
        drawn = run_swarm(asked, settings, swarm, folder, parallel, lambda each: new_context(each, lake, master, True))
        out.print(swarm_table(drawn))
        print_notes(drawn.notes)
        out.print(swarm_words(drawn), markup=False)
        print(f"recipe and numbers: {folder}")
        return
    found = run_ablation(asked, settings, folder, parallel, lambda each: new_context(each, lake, master, quiet=True))
    for table in found.tables:
        out.print(table)
        out.print()
    print_notes(found.notes)
    out.print(found.recommendation.words(), markup=False)
    print(f"picture, tables and numbers: {folder}")

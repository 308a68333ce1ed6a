"""Arguments and options that several commands share, and how commands print."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines.readers.dated_inputs import moment
from pipelines.recipe import Recipe
from pipelines.recipe_keys.amounts import tokens_from

RecipeArgument = Annotated[Path | None, typer.Argument(help="Recipe (YAML). Default: the demo.", show_default=False)]
RecipeOption = Annotated[
    Path | None, typer.Option("--recipe", help="Recipe (YAML). Default: the demo.", show_default=False)
]
SourcesOption = Annotated[
    Path | None,
    typer.Option(help="Sources file (YAML) to use in place of the recipe's own sources.", show_default=False),
]
RatioOption = Annotated[
    float | None,
    typer.Option(help="Share of tokens from code sources, 0 to 1; others are scaled in proportion."),
]


def _budget(written: str) -> int:
    try:
        return tokens_from(written)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def ratios_from(written: str) -> list[float]:
    """The numbers between commas; BadParameter for anything else."""
    try:
        return [float(ratio) for ratio in written.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"{written!r}: ratios between commas are needed, like 0,0.25,0.5") from error


BudgetOption = Annotated[
    int | None,
    typer.Option(
        parser=_budget, metavar="TOKENS", help="Tokens over all phases (10B, 500M); phases are scaled in proportion."
    ),
]


def _as_of(written: str) -> datetime:
    try:
        return moment(written)
    except ValueError as error:
        raise typer.BadParameter(f"{written!r}: an ISO 8601 time is needed, like 2026-11-26T07:00Z") from error


AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        parser=_as_of,
        metavar="TIME",
        help="Read only files whose names tell a time before this one (ISO 8601, UTC), of sources that say `dated`.",
        show_default=False,
    ),
]
LakeOption = Annotated[str, typer.Option(help="Folder or s3:// uri that holds every stage's output.")]
MasterOption = Annotated[
    str | None, typer.Option(help="Spark master. Default: spark-submit's, else local[*].", show_default=False)
]
ManifestArgument = Annotated[str, typer.Argument(help="A mixture's manifest.json or its folder.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

TABLE_COLUMNS = 118  # what the mixture's table needs; a narrower terminal wraps rather than loses numbers

out = Console(highlight=False)
out.width = max(out.width, TABLE_COLUMNS)


def note_what_as_of_does(recipe: Recipe, as_of: datetime | None) -> None:
    """A line where --as-of was given and changes nothing."""
    if as_of is not None and not any(source.dated for source in recipe.sources):
        print_notes(["no source of the recipe says `dated`, so --as-of leaves nothing out"])


def print_notes(notes: list[str]) -> None:
    """A line a note."""
    for note in notes:
        out.print(f"note: {note}", markup=False)

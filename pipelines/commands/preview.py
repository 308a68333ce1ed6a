"""`mixdown preview`: the mixture before paying for it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.build import DEFAULT_LAKE, new_context, recipe_from
from pipelines.commands.options import (
    AsOfOption,
    BudgetOption,
    JsonOption,
    LakeOption,
    RatioOption,
    RecipeArgument,
    SourcesOption,
    note_what_as_of_does,
    out,
    print_notes,
    ratios_from,
)
from pipelines.context import Context
from pipelines.estimates.tables import estimates_table, reasons_table, what_if_table
from pipelines.estimates.what_if import WhatIf, what_if
from pipelines.previews.outlook import Outlook, estimated_outlook, outlook
from pipelines.previews.row_samples import as_text, planned_rows
from pipelines.previews.sweep import SweepRow, sweep, sweep_table
from pipelines.previews.table import table_of


def preview(
    recipe: RecipeArgument = None,
    sources: SourcesOption = None,
    code_ratio: RatioOption = None,
    budget: BudgetOption = None,
    lake: LakeOption = DEFAULT_LAKE,
    ratios: Annotated[
        str | None, typer.Option("--sweep", metavar="RATIOS", help="A table over code ratios: 0,0.25,0.5,0.75,0.9,1.")
    ] = None,
    samples: Annotated[int, typer.Option(min=0, help="Print so many rows, decoded; needs token blocks.")] = 0,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if",
            metavar="RULE.SETTING=VALUE",
            help="Judge the stored signals under other settings, e.g. rules.gopher_quality.min_words=100. Repeatable.",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the mixture into a .png or .html file.", show_default=False)
    ] = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the mixture before paying for it: exact from token blocks, else estimated from a sample."""
    context = new_context(recipe_from(recipe, code_ratio, budget, sources, as_of), lake, quiet=True)
    if samples and (as_json or changes):
        raise typer.BadParameter(
            "rows are text, of the recipe as it stands: no --json, no --what-if", param_hint="--samples"
        )
    swept_ratios = ratios_from(ratios) if ratios else []
    changed = what_if(context.recipe, context, changes) if changes else None
    if changed is None:
        view = outlook(context)
    else:
        view = estimated_outlook(changed.recipe, changed.estimates, "what if: from stored signals; nothing was built")
    rows = sweep(view, swept_ratios)
    if plot is not None:
        from pipelines.previews.plot import write_plot

        write_plot(plot, view, rows)
    if as_json:
        print(json.dumps(_content(view, rows, changed), indent=1))
        return
    note_what_as_of_does(context.recipe, as_of)
    _show(view, rows, changed)
    if samples:
        _show_samples(context, view, samples)
    if plot is not None:
        print(f"plot: {plot}")


def _content(view: Outlook, rows: list[SweepRow], changed: WhatIf | None) -> dict[str, Any]:
    content = view.content()
    if rows:
        content["sweep"] = [asdict(row) for row in rows]
    if changed is not None:
        content["what_if"] = [asdict(source) for source in changed.sources]
        content["notes"] = [*changed.notes, *content["notes"]]
    return content


def _show(view: Outlook, rows: list[SweepRow], changed: WhatIf | None) -> None:
    if changed is not None:
        out.print(what_if_table(changed))
        out.print(reasons_table(changed))
    elif view.estimates:
        out.print(estimates_table(view.estimates))
    if rows:
        out.print(sweep_table(rows, view.how))
    else:
        out.print(table_of(view.plan, f"preview of {view.recipe.name} ({view.how})"))
    content = view.content()
    largest = content["largest_budget_tokens"]
    limit = "no budget exceeds the epoch caps"
    if largest is not None:
        limit = f"largest budget at these shares: {largest:,} tokens"
    seconds = f"mixing takes about {content['mix_seconds']:.1f} s on one core"
    out.print(f"{content['shards']} shards; {seconds}; {limit}", markup=False)
    print_notes([*(changed.notes if changed else []), *content["notes"]])


def _show_samples(context: Context, view: Outlook, samples: int) -> None:
    if not view.exact or context.foreseen:
        print_notes(["samples are made from token blocks: run `mixdown build --until select` first"])
        return
    for source, sample in planned_rows(context, view.plan, samples):
        out.print(as_text(source, sample), soft_wrap=True)

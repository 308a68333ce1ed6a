"""`mixdown duplicates`: the largest clusters of duplicates, with what their documents do not share."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from pipelines.build import DEFAULT_LAKE
from pipelines.commands.options import JsonOption, LakeOption, RecipeArgument, SourcesOption, out, print_notes

TOP = 20
MEMBERS = 3
EXCERPT_CHARS = 200
MAX_TOP = 10_000
MAX_MEMBERS = 1000
MAX_EXCERPT_CHARS = 100_000


def duplicates(
    recipe: RecipeArgument = None,
    sources: SourcesOption = None,
    lake: LakeOption = DEFAULT_LAKE,
    top: Annotated[int, typer.Option(min=0, max=MAX_TOP, help="Show so many clusters, the largest first.")] = TOP,
    members: Annotated[
        int,
        typer.Option(
            min=0, max=MAX_MEMBERS, help="Compare so many removed documents of each with its survivor, a seeded choice."
        ),
    ] = MEMBERS,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Only documents that this source lost. Repeatable.", show_default=False),
    ] = None,
    reason: Annotated[
        list[str] | None,
        typer.Option(help="Only documents removed as this: near_duplicate. Repeatable.", show_default=False),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="DOCUMENT",
            help="Only the cluster of this document: an id, address, or repository@commit:path.",
            show_default=False,
        ),
    ] = None,
    text: Annotated[
        int,
        typer.Option(
            min=0, max=MAX_EXCERPT_CHARS, metavar="CHARS", help="First characters of each survivor's text to show."
        ),
    ] = EXCERPT_CHARS,
    as_json: JsonOption = False,
) -> None:
    """Show what dedup removed: counts by source, the largest clusters, and how their documents differ."""
    from pipelines.build import new_context, recipe_from
    from pipelines.duplicate_listing.deduplicated import deduplicated
    from pipelines.duplicate_listing.listing import Asked, listing
    from pipelines.duplicate_listing.terminal import listing_lines, totals_view

    asked = Asked(top, members, text, tuple(source or ()), tuple(reason or ()), cluster)
    found = listing(deduplicated(new_context(recipe_from(recipe, None, None, sources), lake, quiet=True)), asked)
    if as_json:
        print(json.dumps(asdict(found), indent=1, default=datetime.isoformat))
        return
    out.print(totals_view(found.sources))
    for line in listing_lines(found):
        out.print(Text(line), soft_wrap=True)
    print_notes(found.notes)

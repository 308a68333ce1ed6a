"""`mixdown explain`: from a row to its documents, from a document to its rows."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from pipelines.commands.options import JsonOption, ManifestArgument, out

MAX_TEXT_CHARS = 100_000


def explain(
    manifest: ManifestArgument,
    row: Annotated[int | None, typer.Option(help="Row of the mixture, or of --shard.", show_default=False)] = None,
    shard: Annotated[
        int | None, typer.Option(help="Number of a shard in the manifest's order, from 0.", show_default=False)
    ] = None,
    document: Annotated[
        str | None,
        typer.Option(help="A document's id, address, or repository@commit:path.", show_default=False),
    ] = None,
    text: Annotated[
        int, typer.Option(min=0, max=MAX_TEXT_CHARS, metavar="CHARS", help="First characters of each text to show.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Tell which documents a row holds, or what became of a document."""
    if (row is None) == (document is None):
        found = "neither" if row is None else "both"
        raise typer.BadParameter(f"one of --row and --document is needed, found {found}")
    if shard is not None and row is None:
        raise typer.BadParameter(f"--shard {shard} needs --row: the row of that shard")
    from pipelines.explaining.question import row_of
    from pipelines.explaining.render import document_lines, row_lines
    from pipelines.explaining.rows import explain_row
    from pipelines.explaining.trail import explain_document
    from pipelines.mixture import open_mixture

    mixture = open_mixture(manifest)
    if row is not None:
        row_story = explain_row(mixture, row_of(mixture.manifest, row, shard), text)
        _show(row_story, row_lines(row_story), as_json)
    if document is not None:
        document_story = explain_document(mixture, document, text)
        _show(document_story, document_lines(document_story), as_json)


def _show(story: Any, lines: Iterable[str], as_json: bool) -> None:
    """The story as JSON in ASCII, or its lines; long ones are not broken, so that addresses can be copied."""
    if as_json:
        print(json.dumps(asdict(story), indent=1, default=datetime.isoformat))
        return
    for line in lines:
        out.print(Text(line), soft_wrap=True)

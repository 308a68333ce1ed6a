"""`mixdown diff`: what changed between two mixtures."""

import json
from typing import Annotated

import typer

from pipelines.commands.options import JsonOption, out


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A mixture's manifest.json or its folder.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The mixture to compare it with.")],
    samples: Annotated[
        int, typer.Option(min=0, max=10_000, help="Documents to show of those that entered, and that left, a source.")
    ] = 5,
    as_json: JsonOption = False,
) -> None:
    """Show what changed from mixture A to mixture B: settings, tokens, epochs, rejections, documents.

    The exit code is 0 when they could be compared, whether or not they differ.
    """
    from pipelines.diffing.mixtures import diff_mixtures
    from pipelines.diffing.terminal import printed

    found = diff_mixtures(before, after, samples)
    if as_json:
        print(json.dumps(found.model_dump(mode="json"), indent=1))
        return
    for part in printed(found):
        out.print(part)

"""`mixdown report`: the page about a mixture."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import ManifestArgument


def report(
    manifest: ManifestArgument,
    output: Annotated[
        Path | None, typer.Option(help="Where to write. Default: report.html beside the manifest.")
    ] = None,
) -> None:
    """Write a self-contained HTML page about a mixture."""
    from pipelines.report import write_report

    print(f"report: {write_report(manifest, output)}")

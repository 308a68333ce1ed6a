"""`mixdown export`: a mixture in the formats of other tools."""

from typing import Annotated

import typer

from mixer.export.formats import FORMATS
from mixer.export.formats import export as run_export
from pipelines.commands.options import ManifestArgument


def export(
    manifest: ManifestArgument,
    format_: Annotated[str, typer.Option("--format", help=f"One of {', '.join(sorted(FORMATS))}.")],
    output: Annotated[str, typer.Option(help="Folder or s3:// uri to write into; files there are not replaced.")],
) -> None:
    """Write a mixture as datatrove's or Megatron's token files, or as a Hugging Face dataset with its card."""
    summary = run_export(manifest, format_, output)
    print(f"{len(summary.files)} files, {summary.rows:,} rows, {summary.tokens:,} tokens: {output}")

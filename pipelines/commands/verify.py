"""`mixdown verify`: whether a mixture, and all that it was made from, is what was written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer

from pipelines.commands.options import JsonOption


def verify(
    mixture: Annotated[
        str | None, typer.Argument(help="A mixture's manifest.json or its folder.", show_default=False)
    ] = None,
    lake: Annotated[
        str | None,
        typer.Option(help="Verify all mixtures and stages of this lake instead.", show_default=False),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Compare sizes and manifests, read no file.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare every file, manifest, row count and ratio with what was written; say what is damaged and how to mend it.

    The exit status is 2 when something is damaged.
    """
    from pipelines.lake import Lake
    from pipelines.redaction import redacted
    from pipelines.upkeep.terminal import verification_lines
    from pipelines.upkeep.verifying import verify_lake, verify_mixture

    if (mixture is None) == (lake is None):
        raise typer.BadParameter("name a mixture, or a lake with --lake")
    with _progress() as heard:
        found = verify_lake(Lake(lake), quick, **heard) if lake else verify_mixture(str(mixture), quick, **heard)
    if as_json:
        damages = [asdict(each) | {"remedy": each.remedy(found.lake)} for each in found.damages]
        print(json.dumps(asdict(found) | {"damages": damages}, indent=1))
    else:
        for line in verification_lines(found, quick):
            print(redacted(line))
    if not found.is_whole:
        raise typer.Exit(2)


@contextmanager
def _progress() -> Iterator[dict[str, Any]]:
    """A bar of bytes on a terminal; in a log a line when the reading begins."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (TextColumn("hashing"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task("hashing", total=0)

        def begin(total_bytes: int) -> None:
            bars.update(bar, total=(bars.tasks[0].total or 0) + total_bytes)
            if not console.is_terminal:
                console.print(f"hashing {total_bytes / 1e6:,.1f} MB", highlight=False)

        yield {"begin": begin, "read": lambda n_bytes: bars.advance(bar, n_bytes)}

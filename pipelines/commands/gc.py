"""`mixdown gc`: what a lake can do without."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.build import DEFAULT_LAKE
from pipelines.commands.options import JsonOption, LakeOption
from pipelines.lake import Lake
from pipelines.redaction import redacted


def gc(
    lake: LakeOption = DEFAULT_LAKE,
    keep_days: Annotated[float, typer.Option(min=0, help="Keep everything that is younger.")] = 7,
    keep_runs: Annotated[int, typer.Option(min=0, help="Keep what the newest runs found or made.")] = 3,
    mixture: Annotated[
        list[str] | None,
        typer.Option(
            help="Keep the stages of this mixture (NAME or NAME/FINGERPRINT) and of no other. Repeatable. "
            "Default: of all.",
            show_default=False,
        ),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove what is listed; without it nothing is.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List stage folders that no mixture needs, unfinished ones and leftovers of killed writes; --delete removes them.

    Mixtures themselves are never removed.
    """
    from pipelines.upkeep.cleaning import Keeping, find_removals, remove
    from pipelines.upkeep.terminal import cleaning_lines

    place = Lake(lake)
    found = find_removals(place, Keeping(keep_days, keep_runs, mixture or None))
    if as_json:
        removals = [{key: value for key, value in asdict(each).items() if key != "upload"} for each in found.removals]
        print(json.dumps({"removals": removals, "bytes": found.bytes(), "deleted": delete}, indent=1))
    else:
        for line in cleaning_lines(found):
            print(redacted(line))
    if delete:
        removed = sum(1 for _ in remove(place, found))
        typer.echo(f"{removed:,} removed", err=True)
    elif found.removals:
        running = f" ({len(found.alive)} runs are at work: wait for them)" if found.alive else ""
        typer.echo(f"nothing was removed: add --delete{running}", err=True)

"""`mixdown status`: runs, stages and mixtures of a lake."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.build import DEFAULT_LAKE
from pipelines.commands.options import JsonOption, LakeOption, out
from pipelines.lake import Lake


def status(
    lake: LakeOption = DEFAULT_LAKE,
    runs: Annotated[int, typer.Option(min=0, help="How many of the newest runs to show.")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Show a lake's runs, mixtures and stages: ages, documents, bytes, who needs what, and what is unfinished."""
    from pipelines.upkeep.status import lake_status
    from pipelines.upkeep.terminal import status_tables

    found = lake_status(Lake(lake), runs)
    if as_json:
        print(json.dumps(asdict(found), indent=1))
        return
    for table in status_tables(found):
        out.print(table, soft_wrap=True)

"""Damage: what is wrong with which file, and the exact way to have it made again."""

import shlex
from dataclasses import dataclass

from pipelines.lake import Lake
from pipelines.runs.record import RunRecord


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was written."""

    path: str  # the file, from the lake's folder on
    what: str
    folder: str  # that is to be deleted before building again; empty: nothing is to be deleted
    command: str  # that makes it again

    def remedy(self, lake_uri: str) -> str:
        """What to do, to be pasted."""
        return f"{delete_command(lake_uri, self.folder)} && {self.command}" if self.folder else self.command


def delete_command(lake_uri: str, folder: str) -> str:
    """How a folder (or a single .json file) of the lake is deleted by hand."""
    place = f"{lake_uri}/{folder}"
    if "://" in place:
        if place.endswith(".json"):
            return f"aws s3 rm {shlex.quote(place)}"
        return f"aws s3 rm --recursive {shlex.quote(f'{place}/')}"
    return f"rm -r {shlex.quote(place)}"


def build_command(lake: Lake, recipe: str, mixture: str, runs: list[RunRecord]) -> str:
    """The command by which a mixture was built last, if a run tells of it; else its outline."""
    for run in runs:
        if run.mixture == mixture and run.command:
            program, *arguments = run.command
            starts = {"build_mix.py": ["spark-submit", "pipelines/build_mix.py"]}.get(program, [program])
            return shlex.join([*starts, *arguments])
    return f"mixdown build <the recipe called {recipe}> --lake {shlex.quote(lake.uri)}"

"""`mixdown forget`: documents that no build may mix any more."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from pipelines.build import DEFAULT_LAKE, new_context, recipe_from
from pipelines.commands.options import LakeOption, SourcesOption, out
from pipelines.conditions.syntax import ConditionError
from pipelines.estimates.published import published_so_far
from pipelines.lake import Lake
from pipelines.removal.forgetting import Forgetting, find_matches, match_of, new_tombstone
from pipelines.removal.generations import Generation, generations_of_lake, generations_of_run
from pipelines.removal.tombstones import Tombstone, add_tombstone, read_tombstones, remove_tombstone

IDS_SHOWN = 10


def forget(
    recipe: Annotated[
        Path | None,
        typer.Argument(
            help="Recipe (YAML): look at its sources alone. Default: all that the lake holds.", show_default=False
        ),
    ] = None,
    sources: SourcesOption = None,
    match: Annotated[
        str | None,
        typer.Option(help="Forget what fulfils a condition, such as \"repo = 'owner/name'\".", show_default=False),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Forget what has this address.", show_default=False)] = None,
    license_id: Annotated[
        str | None, typer.Option("--license", help="Forget what names this SPDX licence id.", show_default=False)
    ] = None,
    ids: Annotated[
        Path | None, typer.Option(help="Forget the documents of a file, one doc_id a line.", show_default=False)
    ] = None,
    note: Annotated[str, typer.Option(help="Why; kept with the tombstone.")] = "",
    with_duplicates: Annotated[
        bool, typer.Option("--with-duplicates", help="Forget their duplicates from other places too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be forgotten.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List what the lake forgets.")] = False,
    undo: Annotated[
        str | None, typer.Option(help="Take back the tombstone of this digest.", show_default=False)
    ] = None,
    lake: LakeOption = DEFAULT_LAKE,
) -> None:
    """Keep documents out of every mixture that this lake builds from now on, now and after later ingests."""
    place = Lake(lake)
    asked = [match is not None or url is not None or license_id is not None or ids is not None, list_, undo is not None]
    for option, given in (("--match", match), ("--url", url), ("--license", license_id), ("--undo", undo)):
        if given is not None and not given.strip():
            raise typer.BadParameter("nothing is given: an unset variable of your shell?", param_hint=option)
    if sum(asked) != 1:
        raise typer.BadParameter("say what to forget (--match, --url, --license, --ids), or --list, or --undo DIGEST")
    if list_:
        _list(place)
    elif undo is not None:
        remove_tombstone(place, undo)
        print(f"taken back: {undo}; the next build mixes those documents again")
    else:
        generations = _generations(place, recipe, sources)
        classifiers = {name for generation in generations for name in generation.classifiers()}
        tombstone = _tombstone(match_of(match, url, license_id), ids, note, classifiers)
        forgetting = find_matches(place, tombstone, generations)
        _show(forgetting)
        _write(place, forgetting.with_duplicates() if with_duplicates else tombstone, dry_run)


def _tombstone(match: str | None, ids: Path | None, note: str, classifiers: Collection[str]) -> Tombstone:
    lines = ids.read_text(encoding="utf-8").split() if ids is not None else []
    try:
        return new_tombstone(match, lines, note, classifiers)
    except ConditionError as error:
        raise typer.BadParameter(str(error), param_hint="--match") from None
    except ValidationError as error:
        problem = error.errors()[0]
        if problem["loc"]:
            message = f"{str(problem['input'])[:80]!r} is no doc_id, which has 32 hex digits"
        else:
            message = f"no doc_id in {ids}"
        raise typer.BadParameter(message, param_hint="--ids") from None


def _generations(lake: Lake, recipe: Path | None, sources: Path | None) -> list[Generation]:
    if recipe is None:
        return generations_of_lake(lake)
    context = new_context(recipe_from(recipe, None, None, sources), lake.uri, quiet=True)
    return generations_of_run(published_so_far(context))


def _show(forgetting: Forgetting) -> None:
    for source in forgetting.sources:
        if not source.documents:
            continue
        out.print(
            f"{source.source}: {len(source.documents):,} documents match, {len(source.in_blocks):,} of them in token "
            f"blocks, {len(source.removed):,} removed as duplicates",
            markup=False,
            soft_wrap=True,
        )
    if not any(source.documents for source in forgetting.sources):
        out.print("no stored document matches; later ones that do will be kept out")
    if forgetting.removed_copies:
        out.print(f"{len(forgetting.removed_copies):,} duplicates of them from other places were removed by dedup")
    if forgetting.surviving_copies:
        copies = forgetting.surviving_copies
        out.print(
            f"{len(copies):,} documents do not match and survive as duplicates of some that do: "
            f"{', '.join(copies[:IDS_SHOWN])}{', ...' if len(copies) > IDS_SHOWN else ''}; "
            "--with-duplicates forgets them too",
            markup=False,
            soft_wrap=True,
        )


def _write(lake: Lake, tombstone: Tombstone, dry_run: bool) -> None:
    if dry_run:
        print(f"would be forgotten: {tombstone.digest}")
    elif add_tombstone(lake, tombstone):
        print(f"forgotten: {tombstone.digest}; the next build leaves those documents out")
    else:
        print(f"forgotten already: {tombstone.digest}")


def _list(lake: Lake) -> None:
    tombstones = read_tombstones(lake)
    for tombstone in tombstones:
        ids = f"{len(tombstone.ids):,} ids" if tombstone.ids else ""
        what = " and ".join(part for part in (tombstone.match, ids) if part)
        out.print(
            f"{tombstone.digest}  {tombstone.created}  {what}  {tombstone.note}".rstrip(), markup=False, soft_wrap=True
        )
    if not tombstones:
        out.print("this lake forgets nothing")

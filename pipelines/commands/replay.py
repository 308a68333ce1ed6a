"""`mixdown replay`: what ingest put into quarantine, tried again."""

import json
from typing import Annotated, Any

import typer
from rich.text import Text

from pipelines.build import DEFAULT_LAKE, new_context, recipe_from
from pipelines.commands.options import JsonOption, LakeOption, MasterOption, RecipeArgument, SourcesOption, out
from pipelines.replaying.quarantine import Quarantine, accept, quarantines, try_again
from pipelines.replaying.raw_record import raw_record
from pipelines.replaying.rereading import Reread
from pipelines.replaying.terminal import held_lines, raw_lines, tried_lines

RECORDS_SHOWN = 20
RAW_BYTES = 2000
MAX_RAW_BYTES = 1 << 20


def replay(
    recipe: RecipeArgument = None,
    sources: SourcesOption = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Only this source of the recipe. Repeatable.", show_default=False)
    ] = None,
    reason: Annotated[
        list[str] | None, typer.Option(help="Only records quarantined as this. Repeatable.", show_default=False)
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Only list what is in quarantine; read nothing again.")] = False,
    accept_: Annotated[
        bool, typer.Option("--accept", help="Have the next build read again the splits that gave something else.")
    ] = False,
    show: Annotated[
        str | None,
        typer.Option(metavar="REFERENCE", help="Print the raw bytes of a record instead.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Show so many records of each source.")] = RECORDS_SHOWN,
    bytes_: Annotated[
        int, typer.Option("--bytes", min=1, max=MAX_RAW_BYTES, help="Print so many bytes of --show's record.")
    ] = RAW_BYTES,
    lake: LakeOption = DEFAULT_LAKE,
    master: MasterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read again what holds records in quarantine, and tell what they are now; writes nothing without --accept."""
    if list_ and accept_:
        raise typer.BadParameter("--list reads nothing again, so there is nothing to --accept")
    asked = recipe_from(recipe, None, None, sources)
    if show is not None:
        _print(raw_lines(raw_record(asked.sources, show, bytes_)))
        return
    context = new_context(asked, lake, master)
    found = quarantines(context, source or (), reason or ())
    if not list_:
        try_again(context, found)
    if as_json:
        print(json.dumps([_plain(own) for own in found], indent=1))
    else:
        for own in found:
            _print(held_lines(own, limit) if list_ else tried_lines(own, limit))
    if not list_ and any(own.rereads for own in found):
        _end(sum(reread.differs for own in found for reread in own.rereads), accept_ and accept(context, found) > 0)


def _end(changed: int, accepted: bool) -> None:
    """What was done about the splits that gave something else; beside JSON on standard output this is no result."""
    if not changed:
        message = "every split gave what the lake has: nothing to accept"
    elif accepted:
        message = f"accepted: the next build of this lake reads {changed:,} splits again and takes over the others"
    else:
        message = f"{changed:,} splits gave something else; nothing was written: --accept has the next build read them"
    typer.echo(message, err=True)


def _print(lines: Any) -> None:
    for line in lines:
        out.print(Text(line), soft_wrap=True)


def _plain(own: Quarantine) -> dict[str, Any]:
    return {
        "source": own.source.name,
        "kind": own.source.kind,
        "splits": own.splits,
        "known_splits": own.known_splits,
        "reasons": own.reasons(),
        "held": [
            {
                "split": split.identity,
                "start": split.start,
                "stop": split.stop,
                "records": [r._asdict() for r in records],
            }
            for split, _, records in own.held
        ],
        "rereads": [_plain_reread(reread) for reread in own.rereads],
    }


def _plain_reread(reread: Reread) -> dict[str, Any]:
    tried = [
        {"before": each.before._asdict(), "now": each.now._asdict() if each.now else None, "further": each.further}
        for each in reread.comparison.tried
    ]
    counts = ("differs", "documents_before", "documents_now", "quarantined_before", "quarantined_now")
    return {
        "split": reread.split.identity,
        "start": reread.split.start,
        "stop": reread.split.stop,
        **{name: getattr(reread, name) for name in counts},
        "appeared": reread.comparison.appeared,
        "gone": reread.comparison.gone,
        "tried": tried,
    }

"""`mixdown complete`: what event archives do not tell of their conversations, asked from GitHub's REST API."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from pipelines.commands.options import JsonOption, RecipeArgument, SourcesOption, out
from pipelines.completing.access import GITHUB_API, TOKEN_VARIABLE

DEFAULT_FOLDER = "build/rest"
DEFAULT_REQUESTS = 5_000  # an hour's, with a token
DEFAULT_WAIT_S = 3_700  # a limit is reset within the hour


def complete(
    recipe: RecipeArgument = None,
    sources: SourcesOption = None,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Only these sources of pull requests or issues. Repeatable.", show_default=False),
    ] = None,
    into: Annotated[
        str, typer.Option(help="Folder or s3:// uri for the answers; name it under the source's option `rest`.")
    ] = DEFAULT_FOLDER,
    api: Annotated[str, typer.Option(help="Address of the API.")] = GITHUB_API,
    token_env: Annotated[
        str, typer.Option(help="Environment variable with the token; without one 60 requests an hour are answered.")
    ] = TOKEN_VARIABLE,
    max_requests: Annotated[int, typer.Option(min=0, help="Send so many requests at most.")] = DEFAULT_REQUESTS,
    max_wait: Annotated[int, typer.Option(min=0, help="Seconds to wait at most when the API asks to wait.")] = (
        DEFAULT_WAIT_S
    ),
    described_too: Annotated[
        bool,
        typer.Option(
            "--described-too", help="Ask about described conversations as well: other hours' comments, diffs."
        ),
    ] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask again what is in the folder already.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask nothing: show what is lacking.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask GitHub for the titles, descriptions, comments and diffs that event archives lack, and keep the answers."""
    from pipelines.completing.run import ask, lacking_sources

    lacking = lacking_sources(recipe, sources, source, into, described_too)
    counts = {cell: counts for one in lacking for cell, counts in sorted(one.counts.items())}
    report: dict[str, Any] = {"lacking": [cell._asdict() | asdict(counted) for cell, counted in counts.items()]}
    if not as_json:
        out.print(_table(report["lacking"]))
    if not dry_run:
        done = ask(lacking, into, api, token_env, max_requests, max_wait, refresh)
        report |= {"requests": done.requests, "outcomes": dict(sorted(done.outcomes.items())), "ended": done.ended}
        if not as_json:
            _print_done(done.requests, done.outcomes, done.ended, into)
    if as_json:
        print(json.dumps(report, indent=1))


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="Conversations by the month of their first event")
    for name in ("source", "month", "payload"):
        table.add_column(name)
    numbers = ("events", "conversations", "described", "refused", "incomplete")
    for name in numbers:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row["source"], row["month"], row["payload"], *(f"{row[name]:,}" for name in numbers))
    return table


def _print_done(requests: int, outcomes: Counter[str], ended: str, into: str) -> None:
    said = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items())) or "nothing was lacking"
    out.print(f"{requests:,} requests: {said}", markup=False)
    if ended:
        out.print(f"note: ended before all was asked: {ended}. Run it again to go on.", markup=False)
    out.print(f"Sources read the answers with the option `rest: [{into}]`.", markup=False)

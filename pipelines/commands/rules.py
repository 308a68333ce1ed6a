"""`mixdown rules`: what the rules mean, how often each fails, and documents that fail them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from pipelines.build import DEFAULT_LAKE
from pipelines.commands.options import JsonOption, LakeOption, SourcesOption, out, print_notes

if TYPE_CHECKING:
    from pipelines.context import Context
    from pipelines.rule_listing.asked import Asked
    from pipelines.rule_listing.decided import DecidedSource
    from pipelines.rule_listing.hits import SourceHits

EXCERPT_CHARS = 300
MAX_EXCERPT_CHARS = 1_000_000
MAX_SAMPLES = 10_000


def rules(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="RECIPE|RULE",
            help="A recipe (YAML): its rules' hit rates on a lake. Or the name of a rule. Default: all rules.",
            show_default=False,
        ),
    ] = None,
    sources: SourcesOption = None,
    lake: LakeOption = DEFAULT_LAKE,
    reason: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE[.REASON]",
            help="Only these reasons, of samples and plots as well. Repeatable.",
            show_default=False,
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option(min=0, max=MAX_SAMPLES, help="Show so many documents of each reason, a seeded choice.")
    ] = 0,
    rejected: Annotated[bool, typer.Option("--rejected", help="Samples of all rejected ones, not by reason.")] = False,
    kept: Annotated[bool, typer.Option("--kept", help="Samples of the documents that the rules kept.")] = False,
    text: Annotated[
        int,
        typer.Option(
            min=0,
            max=MAX_EXCERPT_CHARS,
            metavar="CHARS",
            help="Characters to show of a sample's beginning, and of its middle.",
        ),
    ] = EXCERPT_CHARS,
    output: Annotated[
        str | None,
        typer.Option(help="Folder to write samples into: Markdown, or JSON lines with --json.", show_default=False),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw the signals with their thresholds into a .png, .svg or .html file.", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the rules; with a recipe, how many documents of its sources fail each, and samples of them."""
    if (rejected or kept or output) and not samples:
        raise typer.BadParameter("how many documents? Say --samples 3", param_hint="--samples")
    if plot is not None:
        from pipelines.pictures import check_suffix

        check_suffix(plot)
    if what is None or not _is_recipe(what):
        if reason or samples or plot:
            raise typer.BadParameter(
                "reasons, samples and plots are those of a recipe's sources in a lake: name the recipe",
                param_hint="RECIPE",
            )
        _list_rules(what, as_json)
        return
    from pipelines.build import new_context, recipe_from
    from pipelines.rule_listing.asked import Asked

    context = new_context(recipe_from(what, None, None, sources), lake, quiet=True)
    asked = Asked.parse(reason or [], context.recipe)
    if samples:
        whole = [name for name, is_asked in (("rejected", rejected), ("kept", kept)) if is_asked]
        by_reason = bool(reason) or not whole
        _show_samples(context, asked if by_reason else None, whole, samples, text, output, as_json)
    else:
        _show_hits(context, asked, plot, as_json)


def _is_recipe(what: str) -> bool:
    from quality.rule import rules

    return what not in rules() and _looks_like_a_file(what)


def _looks_like_a_file(what: str) -> bool:
    return Path(what).suffix in (".yaml", ".yml") or "/" in what or Path(what).is_file()


def _list_rules(name: str | None, as_json: bool) -> None:
    """Every rule, or all about one."""
    from pipelines.recipe_keys.problems import RecipeError, unknown
    from pipelines.rule_listing.catalogue import listed_rules
    from pipelines.rule_listing.terminal import rule_details, rule_view

    found = {rule.name: rule for rule in listed_rules()}
    if name is not None and name not in found:
        raise RecipeError(f"{unknown('rule', name, found)} (a recipe is named by its .yaml file)")
    shown = list(found.values()) if name is None else [found[name]]
    if as_json:
        print(json.dumps([asdict(rule) for rule in shown], indent=1))
        return
    for rule in shown:
        out.print(rule_view(rule) if name is None else rule_details(rule))


def _show_hits(context: "Context", asked: "Asked", plot: Path | None, as_json: bool) -> None:
    from pipelines.rule_listing.decided import DecidedSource, decided_sources, undecided_notes
    from pipelines.rule_listing.hits import hits_content, source_hits
    from pipelines.rule_listing.terminal import hits_view, legend

    sources = decided_sources(context)
    decided = [source for source in sources if isinstance(source, DecidedSource)]
    notes = undecided_notes(sources)
    hits = {source.name: source_hits(source) for source in decided}
    shown = {name: asked.of_source(found) for name, found in hits.items()}
    plots: list[Path] = []
    if plot is not None:
        plots, more_notes = _draw(context, plot, decided, shown, with_scores=not asked.names)
        notes += more_notes
    if as_json:
        content = [
            hits_content(shown[source.name])
            if isinstance(source, DecidedSource)
            else {"source": source.name, "kind": source.kind, "decided": False, "published": source.published}
            for source in sources
        ]
        found = {"recipe": context.recipe.name, "lake": context.lake.uri, "sources": content}
        print(json.dumps(found | ({"plots": list(map(str, plots))} if plots else {}), indent=1))
        return
    for view in map(hits_view, shown.values()):
        out.print(view)
    print_notes([*(legend() if decided else ()), *notes])
    for path in plots:
        print(f"plot: {path}")


def _draw(
    context: "Context",
    plot: Path,
    decided: "Sequence[DecidedSource]",
    shown: "Mapping[str, SourceHits]",
    with_scores: bool,
) -> tuple[list[Path], list[str]]:
    """Where the signals were drawn, and notes on what was not."""
    from pipelines.rule_listing.histograms import panels, undrawn
    from pipelines.rule_listing.plot import write_plot

    found = [panel for source in decided for panel in panels(source, shown[source.name], with_scores)]
    left_out = sorted({signal for found_in in shown.values() for signal in undrawn(found_in)})
    notes = [f"not drawn, for they are no numbers: {', '.join(left_out)}"] if left_out else []
    if not found:
        return [], [*notes, f"nothing was drawn into {plot}: no decided source has a numeric threshold or a score"]
    return write_plot(plot, found, f"{context.recipe.name}: signals and thresholds"), notes


def _show_samples(
    context: "Context",
    asked: "Asked | None",
    whole: Sequence[str],
    samples: int,
    excerpt_chars: int,
    output: str | None,
    as_json: bool,
) -> None:
    from pipelines.rule_listing.decided import DecidedSource, decided_sources, undecided_notes
    from pipelines.rule_listing.sample_files import json_lines, write_samples
    from pipelines.rule_listing.sample_lines import sample_lines
    from pipelines.rule_listing.samples import sampled_documents

    sources = decided_sources(context)
    notes = undecided_notes(sources)
    for source in (each for each in sources if isinstance(each, DecidedSource)):
        wanted = asked.wants if asked else _nothing
        found = sampled_documents(source, context.recipe.seed, samples, excerpt_chars, wanted, whole)
        if not found:
            notes.append(f"nothing to show of {source.name}: no document was {' or '.join(whole) or 'rejected so'}")
        elif output is not None:
            uri = write_samples(output, source.name, found, as_json)
            print(f"{source.name}: {len(found):,} documents in {uri}")
        elif as_json:
            for line in json_lines(found):
                print(line)
        else:
            for line in sample_lines(found):
                out.print(Text(line), soft_wrap=True)
    if output is not None or not as_json:
        print_notes(notes)


def _nothing(_reason: str) -> bool:
    return False

"""Rules and their hits for a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.explaining.plain_text import plain
from pipelines.plain_table import plain_table
from pipelines.rule_listing.catalogue import ListedRule, one_a_bound
from pipelines.rule_listing.hits import Hits, ReasonHits, SourceHits, telling
from pipelines.rule_listing.words import languages_short, members_text, passes_text, share_text
from quality.signal_group import signal_groups

NAMES = ("reason", "rule and reason", "setting")  # columns of names, which are not broken
GIVEN_SHOWN = 10  # reasons below a check of "none", the most frequent first


def rule_view(rule: ListedRule) -> RenderableType:
    """A rule with its checks under the default settings."""
    head = Text()
    head.append(f"{rule.name}\n", style="bold")
    head.append(f"  {rule.meaning}\n  {rule.origin}")
    if rule.note:
        head.append(f"\n  {rule.note}")
    table = _table(("reason", "passes when", "settings", "languages"))
    for check in one_a_bound(rule.checks):
        settings = ", ".join(check.settings) or "none"
        table.add_row(check.reason, Text(passes_text(check)), settings, Text(languages_short(check)))
    return Group(head, Padding(table, (0, 0, 1, 2)))


def rule_details(rule: ListedRule) -> RenderableType:
    """The same with all that there is to know: settings, whole sets, and who measures the signals."""
    parts: list[RenderableType] = [rule_view(rule)]
    if rule.settings:
        table = _table(("setting", "default", "meaning"))
        for setting in rule.settings:
            table.add_row(setting.name, Text(_default_text(setting.default)), Text(setting.description))
        parts.append(Padding(table, (0, 0, 1, 2)))
    lines = []
    for check in rule.checks:
        if isinstance(check.bound, list):
            lines.append(f"{check.reason}: {members_text(check.bound, len(check.bound))}")
        if check.languages and check.languages != languages_short(check):
            lines.append(f"{check.reason}: {plain(check.languages, len(check.languages))}")
    for group in dict.fromkeys(check.measured_by for check in rule.checks if check.measured_by):
        signals = sorted({check.signal for check in rule.checks if check.measured_by == group})
        lines.append(f"{', '.join(signals)}: of group {group}. {signal_groups()[group].meaning}")
    return Group(*parts, Padding(Text("\n".join(lines)), (0, 0, 0, 2)))


def hits_view(hits: SourceHits) -> RenderableType:
    """A source's rules: how many documents fail each, and how many of them fail nothing else."""
    unmeasured = sum(hits.unmeasured.values())
    head = Text(f"{hits.source} ({hits.kind})", style="bold")
    counts = f": {hits.documents:,} documents, {hits.kept:,} kept, {hits.rejected:,} rejected"
    head.append(counts + (f", {unmeasured:,} not measured" if unmeasured else ""), style="not bold")
    table = _table(("rule and reason", "passes when", "languages"), ("judged", "fail", "rate", "alone"))
    for rule in telling(hits):
        table.add_row(Text(rule.rule, style="bold"), "", "", *_cells(rule.hits))
        for reason in rule.reasons:
            _add_reason(table, reason)
    for problem, count in hits.unmeasured.items():
        table.add_row(Text(f"unmeasured.{plain(problem)}"), "could be measured", "all", "", f"{count:,}", "", "")
    body = table if table.rows else Text("no rule judges it")
    return Group(head, Padding(body, (0, 0, 1, 0)))


def _add_reason(table: Table, reason: ReasonHits) -> None:
    name = reason.reason.partition(".")[2]
    first, *others = one_a_bound(reason.checks)
    table.add_row(Text(f"  {name}"), Text(passes_text(first)), Text(languages_short(first)), *_cells(reason.hits))
    for check in others:  # the same reason under another bound: its documents are counted in the line above
        table.add_row("", Text(passes_text(check)), Text(languages_short(check)), *[""] * 4)
    given = sorted(reason.given.items(), key=lambda item: (-item[1].failing, item[0]))
    for below, hits in given[:GIVEN_SHOWN]:
        table.add_row(Text(f"    {plain(below)}"), "", "", *_cells(hits))
    if len(given) > GIVEN_SHOWN:
        table.add_row(Text(f"    and {len(given) - GIVEN_SHOWN:,} more, see --json"), *[""] * 6)


def _cells(hits: Hits) -> tuple[str, str, str, str]:
    return f"{hits.judged:,}", f"{hits.failing:,}", share_text(hits.rate), f"{hits.alone:,}"


def legend() -> Iterator[str]:
    """What the columns mean."""
    yield "judged: documents that the check looked at (measured, of its languages, with a value); rate: fail of judged"
    yield "alone: documents that nothing else fails; relaxing the line alone would bring them back"


def _default_text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return members_text([str(member) for member in value])
    return plain(str(value).lower() if isinstance(value, bool) else str(value))


def _table(texts: Sequence[str], numbers: Sequence[str] = ()) -> Table:
    table = plain_table()
    for name in texts:
        table.add_column(name, overflow="fold", no_wrap=name in NAMES)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table

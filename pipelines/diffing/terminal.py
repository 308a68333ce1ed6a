"""A diff as tables for a terminal: only what differs, and in so many words where nothing does.

Everything that comes from data is put in as plain text: no markup is read from it, and characters that steer a
terminal are spelled out.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.diffing.absence import Outcome
from pipelines.diffing.books import BookChanges
from pipelines.diffing.composition import Composition, share_change
from pipelines.diffing.documents import DocumentChanges, Moved, SampleDocument
from pipelines.diffing.mixtures import MixtureDiff, MixtureName
from pipelines.diffing.settings import SettingChanges
from pipelines.plain_table import plain_table
from pipelines.reporting.page import visible

VALUE_CHARS = 200  # of one setting; --json has the whole
NONE = "–"


class Titled(NamedTuple):
    """A table with its heading."""

    title: str
    table: Table


OUTCOME_TEXTS = {
    Outcome.UNKNOWN: "not known",
    Outcome.NOT_MIXED: "the source is not mixed",
    Outcome.NOT_IN_SOURCE: "not in the source",
    Outcome.REJECTED: "rejected",
    Outcome.DUPLICATE: "duplicate",
    Outcome.NOTHING_LEFT: "nothing left",
    Outcome.NOT_CHOSEN: "left out by `where`, a tombstone or validation",
    Outcome.NOT_REACHED: "not reached by the budget",
}


def printed(diff: MixtureDiff) -> Iterator[RenderableType]:
    """What to print, in order."""
    yield _line(f"A: {_name(diff.before)}")
    yield _line(f"B: {_name(diff.after)}")
    parts: list[tuple[str, list[Titled], list[str]]] = [
        ("settings", list(_settings(diff.settings)), diff.settings.notes),
        ("composition", list(_composition(diff.composition)), []),
        ("rejections", list(_books(diff.books)), diff.books.notes),
        ("documents", list(_documents(diff.documents)), diff.documents.notes),
    ]
    for name, tables, notes in parts:
        if not tables:
            yield Text("")
            yield Text(f"{name}: no difference" + (" in what can be compared" if notes else ""))
        for title, table in tables:
            yield Text("")
            yield _line(title)
            yield table
        yield from (_line(f"{name}: not compared: {note}") for note in notes)


def one_line(text: str) -> str:
    """`text` on one line, with no character that steers a terminal."""
    return visible(" ".join(text.split()))


def _settings(part: SettingChanges) -> Iterator[Titled]:
    if part.changes:
        table = _table(("setting", "A", "B"), ())
        for change in part.changes:
            _add(table, change.path, *_values(change.before, change.after))
        yield Titled("settings", table)


def _composition(part: Composition) -> Iterator[Titled]:
    if part.whole and part.whole.before and part.whole.after:
        table = _table(("",), ("A", "B", "change"))
        old, new = part.whole.before, part.whole.after
        for name in ("rows", "tokens", "padding_tokens"):
            _add_numbers(table, [name.replace("_", " ")], getattr(old, name), getattr(new, name))
        if old.code_share != new.code_share:
            shares = (f"{old.code_share:.2%}", f"{new.code_share:.2%}")
            _add(table, "code share", *shares, _points(new.code_share - old.code_share))
        if table.row_count:
            yield Titled("mixture", table)
    if part.sources:
        yield _source_table(part)
    if part.phases:
        yield _phase_table(part)


def _source_table(part: Composition) -> Titled:
    table = _table(("source", ""), ("documents", "available", "tokens", "share", "change", "epochs"))
    for pair in part.sources:
        for side, figures in (("A", pair.before), ("B", pair.after)):
            cells = [NONE] * 6
            if figures:
                change = _points(share_change(pair)) if side == "B" else ""
                numbers = [f"{n:,}" for n in (figures.documents, figures.available_tokens, figures.tokens)]
                cells = [*numbers, f"{figures.share:.2%}", change, f"{figures.epochs:.2f}"]
            _add(table, pair.name if side == "A" else "", side, *cells)
    return Titled("sources", table)


def _phase_table(part: Composition) -> Titled:
    table = _table(("phase", "source", ""), ("rows", "asked", "tokens", "share", "change"))
    for phase in part.phases:
        pair = phase.phase
        for side, totals in (("A", pair.before), ("B", pair.after)):
            cells = [f"{totals.rows:,}", "", f"{totals.tokens:,}", "", ""] if totals else [NONE] * 5
            _add(table, pair.name if side == "A" else "", "all" if side == "A" else "", side, *cells)
        for source in phase.sources:
            for side, figures in (("A", source.before), ("B", source.after)):
                cells = [NONE] * 5
                if figures:
                    change = _points(share_change(source)) if side == "B" else ""
                    cells = ["", f"{figures.asked_share:.2%}", f"{figures.tokens:,}", f"{figures.share:.2%}", change]
                _add(table, "", source.name if side == "A" else "", side, *cells)
    return Titled("phases", table)


def _books(part: BookChanges) -> Iterator[Titled]:
    # A stage that loses nothing only passes on what the ones before it took away.
    stages = [books for books in part.stages if books.stage == "ingest" or books.loses] or part.stages
    if stages:
        table = _table(("stage", "source", "records"), ("A", "B", "change"))
        for books in stages:
            for what, before, after in books.changes():
                _add_numbers(table, [books.stage, books.source, what], before, after)
        yield Titled("rejections", table)


def _documents(part: DocumentChanges) -> Iterator[Titled]:
    if part.sources:
        table = _table(("source",), ("entered", "tokens", "left", "tokens"))
        for source in part.sources:
            numbers = (source.entered.documents, source.entered.tokens, source.left.documents, source.left.tokens)
            _add(table, source.source, *(f"{number:,}" for number in numbers))
        yield Titled("documents", table)
    for source in part.sources:
        for verb, moved, other in (("entered", source.entered, "A"), ("left", source.left, "B")):
            if moved.documents:
                yield Titled(f"{verb} {source.source}: what {other} did with them", _outcome_table(moved))
                if moved.samples:
                    yield Titled(f"{verb} {source.source}: samples", _sample_table(other, moved.samples))


def _outcome_table(moved: Moved) -> Table:
    table = _table(("",), ("documents",))
    for outcome, count in moved.outcomes.items():
        _add(table, OUTCOME_TEXTS[Outcome(outcome)], f"{count:,}")
        for reason, of_reason in moved.reasons.get(outcome, {}).items():
            _add(table, f"  {reason}", f"{of_reason:,}")
    return table


def _sample_table(other: str, samples: Iterable[SampleDocument]) -> Table:
    table = _table(("document", f"in {other}"), ("tokens",))
    for sample in samples:
        why = OUTCOME_TEXTS[Outcome(sample.outcome)]
        why += f": {', '.join(sample.reasons)}" if sample.reasons else ""
        why += f" of {sample.survivor}" if sample.survivor else ""
        _add(table, sample.reference or sample.doc_id, why, f"{sample.tokens:,}")
    return table


def _values(before: Any, after: Any) -> tuple[str, str]:
    """Both values as text; of two lists of plain values, what the other does not have."""
    if all(isinstance(value, list) and not any(isinstance(v, dict | list) for v in value) for value in (before, after)):
        lacks = [[value for value in own if value not in other] for own, other in ((before, after), (after, before))]
        if any(lacks):
            return _list_text(lacks[0]), _list_text(lacks[1])
    return _value(before), _value(after)


def _list_text(own: Sequence[Any]) -> str:
    return f"with {', '.join(str(value) for value in own)}"[:VALUE_CHARS] if own else NONE


def _value(value: Any) -> str:
    if value is None:
        return NONE
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_CHARS else f"{text[:VALUE_CHARS]}…"


def _points(share: float) -> str:
    return f"{100 * share:+.2f} points" if round(share, 4) else ""


def _name(mixture: MixtureName) -> str:
    return f"{mixture.name} {mixture.fingerprint} ({mixture.folder})"


def _line(text: str) -> Text:
    return Text(one_line(text), overflow="fold")


def _add(table: Table, *cells: str) -> None:
    indents = [len(cell) - len(cell.lstrip(" ")) for cell in cells]
    table.add_row(*(Text(" " * n + one_line(cell)) for n, cell in zip(indents, cells, strict=True)))


def _add_numbers(table: Table, names: Sequence[str], before: int, after: int) -> None:
    if before != after:
        _add(table, *names, f"{before:,}", f"{after:,}", f"{after - before:+,}")


def _table(texts: Sequence[str], numbers: Sequence[str]) -> Table:
    table = plain_table()
    for name in texts:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table

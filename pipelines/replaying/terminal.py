"""Quarantine on a terminal: lines of plain text, in which nothing from outside moves the cursor."""

from collections.abc import Iterator

from pipelines.explaining.plain_text import plain, plain_lines
from pipelines.replaying.alignment import Outcome, Tried
from pipelines.replaying.quarantine import Quarantine
from pipelines.replaying.raw_record import RawRecord


def held_lines(found: Quarantine, limit: int) -> Iterator[str]:
    """What is in quarantine: counts by reason, then up to `limit` records with their details."""
    yield from _head(found)
    for reason, count in found.reasons().items():
        yield f"  {count:>9,}  {plain(reason)}"
    records = found.records()
    for record in records[:limit]:
        yield f"  {plain(record.reference)}"
        yield f"      {plain(record.reason)}{f': {plain(record.detail)}' if record.detail else ''}"
    yield from _more(len(records), limit)


def tried_lines(found: Quarantine, limit: int) -> Iterator[str]:
    """What the records in quarantine are now: up to `limit` of them, those that changed first, then the sums."""
    yield from _head(found)
    asked = set(found.records())
    tried = [each for reread in found.rereads for each in reread.comparison.tried if each.before in asked]
    tried.sort(key=lambda each: each.now is not None and each.now.kind == "quarantined")
    for each in tried[:limit]:
        yield f"  {plain(each.before.reference)}"
        yield f"      {plain(each.before.reason)} → {_now(each)}"
    yield from _more(len(tried), limit)
    yield from _sums(found, tried)


def raw_lines(record: RawRecord) -> Iterator[str]:
    """The bytes of a record, one line a line; what is no UTF-8 is spelled out."""
    yield f"{plain(record.uri)}{record.place}, {len(record.data):,} bytes:"
    yield from plain_lines(record.data.decode("utf-8", "backslashreplace"))
    if record.note:
        yield f"({plain(record.note)})"


def _head(found: Quarantine) -> Iterator[str]:
    name = f"{found.source.name} ({found.source.kind})"
    if not found.known_splits:
        yield f"{name}: the lake holds nothing of this input, read with these options; `mixdown build` reads it"
        return
    yield (
        f"{name}: {len(found.records()):,} in quarantine, in {len(found.held):,} of {found.known_splits:,} splits that "
        "the lake holds"
    )
    if unread := found.splits - found.known_splits:
        yield f"  {unread:,} more splits are new or have changed: the next build reads them, and takes over the others"


def _now(each: Tried) -> str:
    if each.now is None:
        return "nothing: the record is no more"
    further = f", and {each.further:,} documents more" if each.further else ""
    return f"{_named(each.now)}{further}"


def _named(outcome: Outcome) -> str:
    if outcome.kind == "document":
        return f"document {outcome.doc_id}"
    return f"{outcome.kind}{f': {plain(outcome.reason)}' if outcome.reason else ''}"


def _more(count: int, limit: int) -> Iterator[str]:
    if count > limit:
        yield f"  ... and {count - limit:,} more (--limit)"


def _sums(found: Quarantine, tried: list[Tried]) -> Iterator[str]:
    if not tried:
        return
    left = sum(each.now is not None and each.now.kind == "quarantined" for each in tried)
    yield f"  no longer in quarantine: {len(tried) - left:,} of {len(tried):,}"
    before = sum(reread.documents_before for reread in found.rereads)
    now = sum(reread.documents_now for reread in found.rereads)
    gone = sum(reread.comparison.gone for reread in found.rereads)
    appeared = sum(reread.comparison.appeared for reread in found.rereads)
    yield f"  documents of these splits: {before:,} → {now:,}"
    if gone or appeared:
        yield f"  beside those records: {gone:,} documents would be gone, {appeared:,} would be new"

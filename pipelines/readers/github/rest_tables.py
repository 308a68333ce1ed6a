"""REST answers in a CSV table: a column `data` with the answer, and `url` with what was asked.

That is how collectors of engineering metrics keep raw answers. Rows end where quotes are balanced, so values may hold
line ends. A file is read in one pass; a row over the cap is quarantined.
"""

from collections.abc import Iterator

from pipelines.document import Quarantined
from pipelines.readers.github.event_archives import Line


class Row(dict[str, str]):
    """A row of a table by column."""


def table_rows(lines: Iterator[Line | Quarantined], max_row_bytes: int) -> Iterator[tuple[str, Row] | Quarantined]:
    """The rows of a table in `lines` (its first is the head), each with the reference of its first line."""
    head: list[str] | None = None
    for row in _balanced(lines, max_row_bytes):
        if isinstance(row, Quarantined):
            yield row
            continue
        fields = fields_of(row.data.decode("utf-8", "replace"))
        if head is None:
            head = fields
        elif len(fields) != len(head):
            yield Quarantined(row.reference, "bad_table_row", f"{len(fields)} fields, not {len(head)} as the head")
        else:
            yield row.reference, Row(zip(head, fields, strict=True))


def fields_of(row: str) -> list[str]:
    """The fields of a row (RFC 4180); a quote that is never closed ends with the row."""
    fields: list[str] = []
    at = 0
    while True:
        if row.startswith('"', at):
            stop = _closing_quote(row, at + 1)
            fields.append(row[at + 1 : stop].replace('""', '"'))
            at = row.find(",", stop)
        else:
            stop = row.find(",", at)
            fields.append(row[at : stop if stop >= 0 else len(row)])
            at = stop
        if at < 0:
            return fields
        at += 1


def _closing_quote(row: str, at: int) -> int:
    while (at := row.find('"', at)) >= 0:
        if not row.startswith('"', at + 1):
            return at
        at += 2
    return len(row)


def _balanced(lines: Iterator[Line | Quarantined], max_row_bytes: int) -> Iterator[Line | Quarantined]:
    """Lines joined until their quotes are balanced; Quarantined for what never is within the cap."""
    parts: list[bytes] = []
    reference, quotes, size_bytes = "", 0, 0
    for line in lines:
        if isinstance(line, Quarantined):
            yield line
            continue
        data = line.data.removesuffix(b"\r")
        reference = reference if parts else line.reference
        parts.append(data)
        quotes += data.count(b'"')
        size_bytes += len(data)
        is_too_long = size_bytes > max_row_bytes
        if quotes % 2 and not is_too_long:
            continue
        yield _unbalanced(reference) if is_too_long else Line(reference, b"\n".join(parts))
        parts, quotes, size_bytes = [], 0, 0
    if parts:
        yield _unbalanced(reference)


def _unbalanced(reference: str) -> Quarantined:
    return Quarantined(reference, "bad_table_row", "a quoted field that does not end")

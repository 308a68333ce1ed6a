"""Input files as JSON objects: events, and answers of the REST API, one by one with the place of each.

A line holds an object, or an array of objects, which count one by one. An object is an event (it has a `type`), an
answer as the API gives it, or an answer with what was asked: `{"url": ..., "status": ..., "data": ...}`.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from pipelines.document import Quarantined
from pipelines.readers.github.conversation_text import scalar_text
from pipelines.readers.github.event_archives import TABLE_SUFFIXES, Line, file_lines
from pipelines.readers.github.payload_values import MAX_NAME_CHARS, text_at
from pipelines.readers.github.rest_answers import Answer
from pipelines.readers.github.rest_tables import table_rows
from pipelines.readers.inputs import InputPath

NO_CONTENT = 204  # also stands for an empty list


class Unparsed(NamedTuple):
    """JSON of one line or of one field of a table, not parsed yet; `url` is what was asked, where it is known."""

    reference: str
    data: bytes
    url: str = ""


def unparsed_of_file(file: InputPath, max_line_bytes: int) -> Iterator[Unparsed | Quarantined]:
    """What the lines of `file`, or the rows of a table, hold; a table's other columns are left."""
    lines = file_lines(file, max_line_bytes)
    if not file.uri.endswith(TABLE_SUFFIXES):
        for line in lines:
            yield Unparsed(line.reference, line.data) if isinstance(line, Line) else line
        return
    for row in table_rows(lines, max_line_bytes):
        if isinstance(row, Quarantined):
            yield row
        else:
            reference, fields = row
            yield Unparsed(reference, fields.get("data", "[]").encode("utf-8", "replace"), fields.get("url", ""))


def unparsed_of_answers(file: InputPath, max_bytes: int) -> Iterator[Unparsed | Quarantined]:
    """The same of a file of REST answers, which may also be one JSON value over many lines, of `max_bytes` at most."""
    found = unparsed_of_file(file, max_bytes)
    first = next(found, None)
    if not isinstance(first, Unparsed) or file.uri.endswith(TABLE_SUFFIXES) or _is_json(first.data):
        yield from () if first is None else (first,)
        yield from found
        return
    parts: list[Unparsed | Quarantined] = [first]
    size_bytes = len(first.data)
    for part in found:
        parts.append(part)
        size_bytes += len(part.data) if isinstance(part, Unparsed) else 0
        if isinstance(part, Quarantined) or size_bytes > max_bytes:
            break
    whole = b"\n".join(part.data for part in parts if isinstance(part, Unparsed))
    is_whole = size_bytes <= max_bytes and isinstance(parts[-1], Unparsed) and _is_json(whole)
    yield from [Unparsed(first.reference, whole)] if is_whole else parts
    yield from found


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def items_of(unparsed: Unparsed) -> Iterator[Answer | Quarantined]:
    """The objects in `unparsed`: events as well as answers."""
    try:
        value = json.loads(unparsed.data)
    except (ValueError, RecursionError) as error:
        yield Quarantined(unparsed.reference, "bad_json", scalar_text(str(error))[:MAX_NAME_CHARS])
        return
    url, status = unparsed.url, 200
    if isinstance(value, dict) and {"url", "status", "data"} <= value.keys() and isinstance(value["status"], int):
        url, status, value = text_at(value, "url"), value["status"], value["data"]
    yield from _objects(unparsed.reference, value, url, status)


def _objects(reference: str, value: Any, url: str, status: int) -> Iterator[Answer | Quarantined]:
    status = NO_CONTENT if status == 200 and value == [] else status
    if status != 200:
        yield Answer(reference, value if isinstance(value, dict) else {}, url, status)
    elif isinstance(value, list) and all(isinstance(element, dict) for element in value):
        for index, element in enumerate(value):
            yield _object(f"{reference}[{index}]", element, url, status)
    else:
        yield _object(reference, value, url, status)


def _object(reference: str, value: Any, url: str, status: int) -> Answer | Quarantined:
    if isinstance(value, dict):
        return Answer(reference, value, url, status)
    return Quarantined(reference, "not_an_event", "no JSON object")

"""JSON objects as documents: which fields a recipe names, and what becomes of the others.

For files of one object a line with the text in a field, as Dolma, SlimPajama, FineWeb and The Stack have them. A
field is named as it stands, or with dots for one inside another (`metadata.url`). A value that is no fit (a date that
is none, a number for a url) is left among the other fields, which become metadata as far as there is room.
"""

import json
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.jsonl import Line
from pipelines.source import SourceOptions

MAX_METADATA_LEVELS = 8  # of lists and objects inside each other; keeps writing far from Python's recursion limit


class JsonlOptions(SourceOptions):
    """What a recipe may set for JSON lines of any kind."""

    text_field: str = Field("text", min_length=1, description="The field with the text.")
    url_field: str | None = Field("url", description="The field with the address.")
    license_field: str | None = Field("license", description="The field with the licence, or a list of several.")
    date_field: str | None = Field("date", description="The field with the date, ISO 8601.")
    max_line_bytes: int = Field(16 << 20, ge=1, description="Longer lines, uncompressed, are quarantined.")
    max_metadata_bytes: int = Field(4096, ge=0, description="Other fields are kept as metadata while they fit.")


class JsonlCodeOptions(JsonlOptions):
    """What a recipe may set for JSON lines of code."""

    repository_field: str | None = Field("repository", description="The field with the repository's name.")
    path_field: str | None = Field("path", description="The field with the file's path.")
    language_field: str | None = Field("language", description="The field with the programming language.")


def record_of(line: Line, options: JsonlOptions, document_format: str) -> Record:
    """The one outcome of a line: a document of format `document_format`, or why there is none."""
    try:
        value = json.loads(line.data.decode(), parse_constant=_null)
    except UnicodeDecodeError as error:
        return Quarantined(line.reference, "not_utf8", str(error))
    except (ValueError, RecursionError) as error:
        return Quarantined(line.reference, "bad_json", str(error)[:200])
    if not isinstance(value, dict):
        return Quarantined(line.reference, "not_an_object", f"found {type(value).__name__}")
    text = _value_at(value, options.text_field)
    if text is None:
        return Quarantined(line.reference, "text_missing", f"no field {options.text_field!r} among {_names(value)}")
    if not isinstance(text, str):
        return Quarantined(line.reference, "text_not_a_string", f"found {type(text).__name__}")
    if not _is_unicode(text):
        return Quarantined(line.reference, "invalid_unicode", "the text has lone surrogates")
    if not text.strip():
        return Rejected(line.reference, "empty_text")
    return _document(value, text, options, document_format)


def _document(value: dict[str, Any], text: str, options: JsonlOptions, document_format: str) -> Document:
    used = {options.text_field}

    def taken(field: str | None, convert: Any) -> Any:
        found = None if field is None else convert(_value_at(value, field))
        if found is not None and field is not None:
            used.add(field)
        return found

    code = options if isinstance(options, JsonlCodeOptions) else None
    return Document(
        text=text,
        format=document_format,
        url=taken(options.url_field, _string),
        license=taken(options.license_field, _license),
        date=taken(options.date_field, _date),
        repository=taken(code.repository_field, _string) if code else None,
        path=taken(code.path_field, _string) if code else None,
        language_hint=taken(code.language_field, _string) if code else None,
        metadata=_metadata({name: rest for name, rest in value.items() if name not in used}, options),
    )


def _metadata(rest: dict[str, Any], options: JsonlOptions) -> dict[str, object]:
    """The fields of `rest` that fit, in their order; one that does not fit is left out."""
    kept: dict[str, object] = {}
    room_bytes = options.max_metadata_bytes
    for name, value in rest.items():
        if value is None or not _is_shallow(value, MAX_METADATA_LEVELS):
            continue
        try:
            size_bytes = len(json.dumps({name: value}, ensure_ascii=False, allow_nan=False).encode())
        except ValueError:  # lone surrogates, or a number that JSON does not have
            continue
        if size_bytes <= room_bytes:
            kept[name] = value
            room_bytes -= size_bytes
    return kept


def _value_at(value: dict[str, Any], field: str) -> Any:
    """The value of a field by its name, else by its path with dots; None where there is none."""
    if field in value:
        return value[field]
    inner: Any = value
    for name in field.split("."):
        if not isinstance(inner, dict):
            return None
        inner = inner.get(name)
    return inner


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) and value and _is_unicode(value) else None


def _license(value: Any) -> str | None:
    """An SPDX expression; of several licences every one is asked for, since none says which part it covers."""
    if not isinstance(value, list):
        return _string(value)
    parts = [_string(part) for part in value]
    named = [part for part in parts if part is not None]
    if not named or len(named) < len(parts):
        return None
    return " AND ".join(f"({part})" if " " in part and len(named) > 1 else part for part in named)


def _date(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        date = datetime.fromisoformat(value.strip())
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, list | dict):
        return True
    children = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(child, levels - 1) for child in children)


def _names(value: dict[str, Any]) -> str:
    """The first field names, for a message."""
    return ", ".join(repr(name[:40]) for name in list(value)[:8]) or "none"


def _null(_constant: str) -> None:
    """NaN and the infinities, which some writers give for what is missing, are no JSON."""

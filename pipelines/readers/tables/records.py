"""Rows as documents: the mapped fields become text and provenance, the others metadata as far as there is room.

A row is a mapping of JSON-like values, and bytes. A value that is no fit (a date that is none, a number for a url) is
left among the other fields.
"""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from mixer.formats.commit import Commit, render_commit
from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.tables.columns import CodeColumnOptions, ColumnOptions
from pipelines.readers.tables.presets import PRESETS, Preset

MAX_METADATA_LEVELS = 8  # of lists and objects inside each other; keeps writing far from Python's recursion limit
COMMIT_FORMAT = "commit"
_NO_PRESET = Preset({})
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_quoted = json.encoder.encode_basestring  # as _JSON does


def record_of_row(row: dict[str, Any], reference: str, options: ColumnOptions, document_format: str) -> Record:
    """The one outcome of a row: a document of format `document_format`, or why there is none."""
    preset = PRESETS.get(options.preset, _NO_PRESET) if options.preset else _NO_PRESET
    row = preset.prepared(row)
    text = _value_at(row, options.text_field)
    if text is None:
        detail = f"no field {options.text_field!r} among {_names(row)}"
        reason = "content_not_downloaded" if preset.comes_without_text else "text_missing"
        return Quarantined(reference, reason, detail)
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            return Quarantined(reference, "not_utf8", str(error)[:200])
    if not isinstance(text, str):
        return Quarantined(reference, "text_not_a_string", f"found {type(text).__name__}")
    if not _is_unicode(text):
        return Quarantined(reference, "invalid_unicode", "the text has lone surrogates")
    if not text or text.isspace():
        return Rejected(reference, "empty_text")
    if preset.is_commit:
        return _commit(row, text, reference, options)
    return _document(row, text, options, document_format)


def _document(row: dict[str, Any], text: str, options: ColumnOptions, document_format: str) -> Document:
    used = {options.text_field}

    def taken(field: str | None, convert: Any) -> Any:
        found = None if field is None else convert(_value_at(row, field))
        if found is not None and field is not None:
            used.add(field)
        return found

    code = options if isinstance(options, CodeColumnOptions) else None
    return Document(
        text=text,
        format=document_format,
        url=taken(options.url_field, _string),
        license=taken(options.license_field, _license),
        date=taken(options.date_field, _date),
        repository=taken(code.repository_field, _string) if code else None,
        commit=taken(code.commit_field, _string) if code else None,
        path=taken(code.path_field, _string) if code else None,
        language_hint=taken(code.language_field, _string) if code else None,
        metadata=_metadata({name: rest for name, rest in row.items() if name not in used}, options),
    )


def _commit(row: dict[str, Any], new: str, reference: str, options: ColumnOptions) -> Record:
    """A changed file of CommitPack: `<commit_before>` old `<commit_msg>` subject `<commit_after>` new."""
    old, subject = row.get("old_contents") or "", row.get("subject")
    if not isinstance(old, str) or not isinstance(subject, str) or not _is_unicode(old + subject):
        return Quarantined(reference, "commit_incomplete", "no text in old_contents or subject")
    if old == new:
        return Rejected(reference, "no_file_changes")
    text, marks = render_commit(Commit(old, " ".join(subject.split()), new))
    repositories = row.get("repos")
    several = isinstance(repositories, str) and "," in repositories
    rest = {name: value for name, value in row.items() if name not in ("old_contents", "subject")}
    if isinstance(repositories, str):
        rest["repos"] = repositories.split(",", 1)[0]
    document = _document(rest, text, options, COMMIT_FORMAT)
    metadata = document.metadata | _metadata({"repos": repositories} if several else {}, options)
    return Document(
        text=text,
        marks=marks,
        format=COMMIT_FORMAT,
        url=document.url,
        repository=document.repository,
        commit=document.commit,
        path=document.path,
        license=document.license,
        language_hint=document.language_hint,
        date=document.date,
        metadata=metadata,
    )


def _metadata(rest: dict[str, Any], options: ColumnOptions) -> dict[str, object]:
    """The fields of `rest` that fit, in their order; one that does not fit is left out."""
    kept: dict[str, object] = {}
    room_bytes = options.max_metadata_bytes
    for name, value in rest.items():
        if value is None or (isinstance(value, str | bytes) and len(value) > room_bytes):
            continue
        try:
            size_bytes = 4 + _name_bytes(name) + _json_bytes(value)  # {"name": value}
        except (ValueError, TypeError):  # lone surrogates, a number that JSON does not have, bytes
            continue
        if size_bytes <= room_bytes:
            kept[name] = value
            room_bytes -= size_bytes
    return kept


def _json_bytes(value: Any) -> int:
    """How long `value` is as JSON, in UTF-8; ValueError or TypeError where it is none, or nested too deep."""
    kind = type(value)
    if kind is str:
        return len(_quoted(value).encode())
    if kind is int or kind is bool:
        return len(str(value))
    if not _is_shallow(value, MAX_METADATA_LEVELS):
        raise ValueError("nested too deep")
    return len(_JSON.encode(value).encode())


@lru_cache(maxsize=1024)
def _name_bytes(name: str) -> int:
    return len(_quoted(name).encode())


def _value_at(row: dict[str, Any], field: str) -> Any:
    """The value of a field by its name, else by its path with dots; None where there is none."""
    if field in row:
        return row[field]
    inner: Any = row
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
    if not isinstance(value, str) or len(value) > 64:
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


def _names(row: dict[str, Any]) -> str:
    """The first field names, for a message."""
    return ", ".join(repr(name[:40]) for name in list(row)[:8]) or "none"

"""JSON lines as rows, and their options: for files of one object a line, as Dolma, SlimPajama and The Stack have."""

import json

from pydantic import Field

from pipelines.document import Quarantined, Record
from pipelines.readers.jsonl import Line
from pipelines.readers.tables.columns import CodeColumnOptions, ColumnOptions
from pipelines.readers.tables.records import record_of_row


class JsonlOptions(ColumnOptions):
    """What a recipe may set for JSON lines of any kind."""

    max_line_bytes: int = Field(16 << 20, ge=1, description="Longer lines, uncompressed, are quarantined.")


class JsonlCodeOptions(JsonlOptions, CodeColumnOptions):
    """What a recipe may set for JSON lines of code."""


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
    return record_of_row(value, line.reference, options, document_format)


def _null(_constant: str) -> None:
    """NaN and the infinities, which some writers give for what is missing, are no JSON."""

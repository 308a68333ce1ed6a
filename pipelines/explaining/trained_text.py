"""A document's text as it is trained on, from a row of each stage."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipelines.final_text import CHANGE_COLUMNS, final_text
from pipelines.steps.annotate import ANNOTATED_SCHEMA


def trained_on(text: str, annotated: Mapping[str, Any]) -> str:
    """`text` after its changes; `annotated` has CHANGE_COLUMNS of the document."""
    columns = [pa.array([annotated[name]], ANNOTATED_SCHEMA.field(name).type) for name in CHANGE_COLUMNS]
    return str(final_text(pa.array([text], pa.large_string()), *columns)[0].as_py())

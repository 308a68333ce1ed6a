"""What changes in a document's text before it is trained on: its edits, with what they cut where text is asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.explaining.stored_rows import Stored, rows_of_stage
from pipelines.reporting.files import MixtureFiles, reading
from quality.edits import REPLACEMENTS

EDITS_SHOWN = 10
CUT_BYTES = 400  # of what an edit cut


@dataclass(frozen=True)
class ShownEdit:
    """The bytes [start_bytes, end_bytes) of the text, and what stands in their place."""

    kind: str
    start_bytes: int
    end_bytes: int
    replacement: str
    cut: str | None  # the beginning of what stood there; None: text was not asked for


@dataclass(frozen=True)
class Changes:
    """All edits in number, the first few in full."""

    count: int
    kinds: dict[str, int]  # edits by kind
    edits: list[ShownEdit]
    final_bytes: int | None  # of the text that is trained on
    rewritten: bool | None  # edits are places in a rewritten text; None: text was not asked for


def changes(files: MixtureFiles, stored: Iterable[Stored], with_text: bool) -> dict[Stored, Changes]:
    """The changes of each document; reads text, ingested and rewritten, only if it is asked for."""
    stored = list(stored)
    columns = ["edits", "n_final_bytes", *(["rewritten_text"] if with_text else [])]
    with reading("Edits"):
        annotated = rows_of_stage(files, "annotate", stored, lambda _: columns)
        edited = [document for document in stored if annotated[document]["edits"]]
        texts = rows_of_stage(files, "ingest", edited if with_text else (), lambda _: ["text"])
        return {document: _changes(row, texts.get(document, {})) for document, row in annotated.items()}


def _changes(annotated: Mapping[str, Any], ingested: Mapping[str, Any]) -> Changes:
    edits: Sequence[Mapping[str, Any]] = annotated["edits"] or ()
    rewritten = annotated.get("rewritten_text")
    text = ingested.get("text") if rewritten is None else rewritten
    data = None if text is None else text.encode()
    return Changes(
        count=len(edits),
        kinds=dict(sorted(Counter(edit["kind"] for edit in edits).items())),
        edits=[_shown(edit, data) for edit in edits[:EDITS_SHOWN]],
        final_bytes=annotated["n_final_bytes"],
        rewritten=rewritten is not None if "rewritten_text" in annotated else None,
    )


def _shown(edit: Mapping[str, Any], data: bytes | None) -> ShownEdit:
    start, end, kind = edit["start_bytes"], edit["end_bytes"], edit["kind"]
    cut = None if data is None else data[start : min(end, start + CUT_BYTES)].decode("utf-8", "replace")
    return ShownEdit(kind, start, end, REPLACEMENTS.get(kind, ""), cut)

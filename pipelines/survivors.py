"""Which documents of a part go on to be tokenized, and what is cut from their text as repeated."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.final_text import edited
from quality.edits import EDIT, EDIT_KINDS, Edits

CUTS_SCHEMA = pa.schema(
    [
        ("row", pa.int32()),  # in the part: the document is that row of every stage's part
        ("start_bytes", pa.int32()),  # in the text after its edits
        ("end_bytes", pa.int32()),
        ("kind", pa.string()),  # line, paragraph, substring; nothing_left: the document is rejected
    ]
)
NOTHING_LEFT = "nothing_left"

REPEAT = EDIT_KINDS.index("repeat")


def surviving_rows(verdicts_uri: str, removed_uri: str | None, cuts_uri: str | None = None) -> npt.NDArray[np.bool_]:
    """bool[rows of the part]: kept by the rules, not removed as a duplicate, and not empty without its repeats."""
    survives: npt.NDArray[np.bool_] = np.array(storage.read_table(verdicts_uri, ["keep"]).column("keep"), np.bool_)
    if removed_uri:
        survives[storage.read_table(removed_uri, ["row"]).column("row").to_numpy()] = False
    if cuts_uri:
        survives[emptied_rows(cuts_uri)] = False
    return survives


def emptied_rows(cuts_uri: str) -> npt.NDArray[np.int32]:
    """Rows of the documents of which the cuts leave nothing."""
    cuts = storage.read_table(cuts_uri, ["row", "kind"])
    rows: npt.NDArray[np.int32] = cuts.filter(pc.equal(cuts.column("kind"), NOTHING_LEFT)).column("row").to_numpy()
    return rows


def read_cuts(cuts_uri: str | None) -> pa.Table:
    """The cuts of a part, by row; none where nothing is cut."""
    return CUTS_SCHEMA.empty_table() if cuts_uri is None else storage.read_table(cuts_uri)


def without_repeats(documents: pa.Table, rows: npt.NDArray[np.int64], cuts: pa.Table) -> pa.Table:
    """Documents in their final text, without what is cut of it; `rows` (ascending) are theirs in the part."""
    edits = _edits(rows, cuts)
    return edited(documents, documents.column("text").combine_chunks(), edits) if len(edits) else documents


def _edits(rows: npt.NDArray[np.int64], cuts: pa.Table) -> Edits:
    cut_rows = cuts.column("row").to_numpy()
    documents = np.searchsorted(rows, cut_rows)
    is_here = documents < len(rows)
    is_here[is_here] = rows[documents[is_here]] == cut_rows[is_here]
    edits = np.empty(int(is_here.sum()), EDIT)
    edits["document"] = documents[is_here]
    edits["start_bytes"] = cuts.column("start_bytes").to_numpy()[is_here]
    edits["end_bytes"] = cuts.column("end_bytes").to_numpy()[is_here]
    edits["kind"] = REPEAT
    return edits

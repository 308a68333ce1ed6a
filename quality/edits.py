"""Edits: where the text of a document should change before it is trained on, found while it is measured.

An edit replaces the bytes [start, end) of a document by the text that its kind stands for. Edits are stored beside the
signals and applied where text is read for training, so what was cut or masked stays visible, with its place.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from quality.arrow_text import text_buffers
from quality.kernel import kernel

# What each kind of edit puts in place of what it cuts. The order is stored: append only.
REPLACEMENTS = {
    "line": "",  # a line, or its surrounding whitespace, that C4's cleaning drops
    "line_break": "\n",  # between two lines that cleaning keeps
    "citation": "",  # [3], [edit], [citation needed]
    "email": "<EMAIL>",
    "ip": "<IP_ADDRESS>",
    "phone": "<PHONE>",
    "key": "<KEY>",
    "benchmark": "",  # a span that stands in a benchmark
    "repeat": "",  # a line or span that stands in other text before; found across documents, after they are measured
}
EDIT_KINDS = tuple(REPLACEMENTS)

EDIT = np.dtype([("document", np.int64), ("start_bytes", np.int64), ("end_bytes", np.int64), ("kind", np.int64)])

EDITS_TYPE = pa.list_(pa.struct([("start_bytes", pa.int32()), ("end_bytes", pa.int32()), ("kind", pa.string())]))

Edits = npt.NDArray[Any]


def merged(edits: Edits) -> Edits:
    """The edits in order, and none overlapping another: of two that do, their union, as the kind of the longer one.

    So a line that is cut takes the address inside it along, and a key that is masked the digits inside it. Edits that
    merely touch stay apart.
    """
    if _are_merged(edits):
        return edits
    ordered = edits[np.lexsort((edits["kind"], -edits["end_bytes"], edits["start_bytes"], edits["document"]))]
    starts = _placed(ordered["document"], ordered["start_bytes"])
    reached = np.maximum.accumulate(_placed(ordered["document"], ordered["end_bytes"]))
    is_first = np.ones(len(ordered), np.bool_)
    is_first[1:] = starts[1:] >= reached[:-1]
    firsts = np.flatnonzero(is_first)
    if len(firsts) == len(ordered):
        return ordered
    union = ordered[firsts]
    union["end_bytes"] = np.maximum.reduceat(ordered["end_bytes"], firsts)
    by_length = np.lexsort((ordered["start_bytes"] - ordered["end_bytes"], np.cumsum(is_first)))
    union["kind"] = ordered["kind"][by_length][firsts]
    return union


def _placed(documents: Any, places_bytes: Any) -> Any:
    """One number that orders places of all documents: a document is shorter than 4 GiB."""
    return (documents << 32) + places_bytes


def _are_merged(edits: Edits) -> bool:
    """Whether they are in order, each beginning behind the last one's beginning and not before its end.

    Those of one group are, and this asks less than sorting them.
    """
    documents, starts = edits["document"], edits["start_bytes"]
    is_same_document = documents[1:] == documents[:-1]
    is_behind = (starts[1:] >= edits["end_bytes"][:-1]) & (starts[1:] > starts[:-1])
    return bool(np.where(is_same_document, is_behind, documents[1:] > documents[:-1]).all())


def edits_column(edits: Edits, n_documents: int) -> pa.ListArray:
    """`edits` (merged) as a column of EDITS_TYPE with a row a document; null where there are none."""
    counts = np.bincount(edits["document"], minlength=n_documents) if len(edits) else np.zeros(n_documents, np.int64)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    fields = list(EDITS_TYPE.value_type)
    values = pa.StructArray.from_arrays(
        [
            pa.array(edits["start_bytes"].astype(np.int32)),
            pa.array(edits["end_bytes"].astype(np.int32)),
            pa.array(EDIT_KINDS, pa.string()).take(pa.array(edits["kind"])),
        ],
        fields=fields,
    )
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=EDITS_TYPE, mask=pa.array(counts == 0))


def edits_of_column(column: pa.ListArray) -> Edits:
    """What `edits_column` stored; ArrowInvalid for a kind that is none of EDIT_KINDS."""
    counts = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    values = column.flatten()
    edits = np.empty(len(values), EDIT)
    edits["document"] = np.repeat(np.arange(len(column)), counts)
    edits["start_bytes"] = values.field("start_bytes").to_numpy()
    edits["end_bytes"] = values.field("end_bytes").to_numpy()
    edits["kind"] = pc.index_in(values.field("kind"), pa.array(EDIT_KINDS)).to_numpy()
    return edits


def apply_edits(text: pa.StringArray | pa.LargeStringArray, edits: Edits) -> pa.LargeStringArray:
    """The texts after their edits, which are merged; a null stays null."""
    if not len(edits):
        return text.cast(pa.large_string())
    data, offsets = text_buffers(text)
    replacements = [REPLACEMENTS[kind].encode() for kind in EDIT_KINDS]
    replacement_offsets = np.cumsum([0, *map(len, replacements)]).astype(np.int64)
    replacement_data = np.frombuffer(b"".join(replacements), np.uint8)
    grown = int(np.diff(replacement_offsets)[edits["kind"]].sum())
    result = np.empty(int(offsets[-1] - offsets[0]) + grown, np.uint8)
    result_offsets = np.zeros(len(text) + 1, np.int64)
    _apply(data, offsets, edits, replacement_data, replacement_offsets, result, result_offsets)
    validity = None if not text.null_count else pa.py_buffer(np.packbits(text.is_valid(), bitorder="little"))
    return pa.LargeStringArray.from_buffers(
        len(text), pa.py_buffer(result_offsets), pa.py_buffer(result[: result_offsets[-1]]), validity
    )


@kernel
def _apply(
    data: Any, offsets: Any, edits: Any, replacements: Any, replacement_offsets: Any, result: Any, result_offsets: Any
) -> None:
    at = 0
    edit = 0
    for i in range(len(offsets) - 1):
        position = offsets[i]
        while edit < len(edits) and edits[edit].document == i:
            at = _copy(data, position, offsets[i] + edits[edit].start_bytes, result, at)
            kind = edits[edit].kind
            at = _copy(replacements, replacement_offsets[kind], replacement_offsets[kind + 1], result, at)
            position = offsets[i] + edits[edit].end_bytes
            edit += 1
        at = _copy(data, position, offsets[i + 1], result, at)
        result_offsets[i + 1] = at


@kernel
def _copy(source: Any, start: int, end: int, result: Any, at: int) -> int:
    result[at : at + end - start] = source[start:end]
    return at + end - start


def moved_marks(documents: Any, at_bytes: Any, edits: Edits) -> npt.NDArray[np.int64]:
    """Where marks stand after the edits, which are merged: int64[n], for the mark at at_bytes[i] of documents[i].

    A mark inside an edit goes to the edit's start: what it introduced begins with the replacement.
    """
    grown = np.array([len(text.encode()) for text in REPLACEMENTS.values()])[edits["kind"]]
    shifts = np.concatenate([[0], np.cumsum(grown - (edits["end_bytes"] - edits["start_bytes"]))])
    before = np.searchsorted(_placed(edits["document"], edits["end_bytes"]), _placed(documents, at_bytes), "right")
    of_others = np.searchsorted(edits["document"], documents)
    moved: npt.NDArray[np.int64] = at_bytes + shifts[before] - shifts[of_others]
    inside = np.flatnonzero(before < len(edits))
    next_edits = edits[before[inside]]
    into_bytes = at_bytes[inside] - next_edits["start_bytes"]
    moved[inside] -= np.where(next_edits["document"] == documents[inside], np.maximum(into_bytes, 0), 0)
    return moved

"""The text that is trained on: what ingest stored, after what annotate found to change in it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality.edits import Edits, apply_edits, edits_of_column, moved_marks

# What annotate stores about the text: a rewritten text in place of the ingested one, and edits of it.
CHANGE_COLUMNS = ("rewritten_text", "edits")


def final_text(text: pa.Array, rewritten: pa.Array, edits: pa.ListArray) -> pa.LargeStringArray:
    """The texts as they are trained on."""
    if rewritten.null_count < len(rewritten):
        text = pc.coalesce(rewritten, text.cast(rewritten.type))
    return apply_edits(text, edits_of_column(edits))


def final_documents(documents: pa.Table, annotated: pa.Table) -> pa.Table:
    """`documents` with the text that is trained on, and marks where they belong in it.

    `annotated` holds CHANGE_COLUMNS of the same documents, row for row. A rewritten text has no marks: only documents
    without any are rewritten.
    """
    rewritten, edits = (annotated.column(name).combine_chunks() for name in CHANGE_COLUMNS)
    if rewritten.null_count == len(rewritten) and edits.null_count == len(edits):
        return documents
    text = documents.column("text").combine_chunks()
    if rewritten.null_count < len(rewritten):
        text = pc.coalesce(rewritten, text.cast(rewritten.type))
    return edited(documents, text, edits_of_column(edits))


def edited(documents: pa.Table, text: pa.Array, edits: Edits) -> pa.Table:
    """`documents` with `text` after `edits` of it, and marks (where that column is) moved with what is around them."""
    documents = _replaced(documents, "text", apply_edits(text, edits))
    if "marks" not in documents.column_names:
        return documents
    return _replaced(documents, "marks", _moved_marks(documents.column("marks").combine_chunks(), edits))


def _moved_marks(marks: pa.ListArray, edits: Edits) -> pa.ListArray:
    lengths = marks.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    values = marks.flatten()
    documents = np.repeat(np.arange(len(marks)), lengths)
    at_bytes = values.field("at_bytes").to_numpy().astype(np.int64)
    moved = pa.array(moved_marks(documents, at_bytes, edits), pa.int32())
    return pa.ListArray.from_arrays(
        pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32()),
        pa.StructArray.from_arrays([moved, values.field("token")], fields=list(marks.type.value_type)),
        type=marks.type,
        mask=marks.is_null(),
    )


def _replaced(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)

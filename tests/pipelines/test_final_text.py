import numpy as np
import pyarrow as pa

from pipelines.document import MARK_TYPE
from pipelines.final_text import final_documents
from quality.edits import EDIT, EDIT_KINDS, EDITS_TYPE, edits_column

EMAIL = EDIT_KINDS.index("email")


def table(texts: list[str], marks: list[list[tuple[int, str]]]) -> pa.Table:
    stored = [[{"at_bytes": at, "token": token} for at, token in of] for of in marks]
    return pa.table(
        {"doc_id": [str(n) for n in range(len(texts))], "text": texts, "marks": pa.array(stored, pa.list_(MARK_TYPE))}
    )


def changes(edits: pa.ListArray, rewritten: list[str | None]) -> pa.Table:
    return pa.table({"rewritten_text": pa.array(rewritten, pa.large_string()), "edits": edits})


def test_nothing_to_change_is_the_table_itself() -> None:
    documents = table(["a"], [[(0, "<m>")]])
    assert final_documents(documents, changes(pa.nulls(1, EDITS_TYPE), [None])) is documents


def test_text_and_marks_change_together() -> None:
    documents = table(["to x@y.z now", "left alone"], [[(3, "<a>"), (8, "<b>")], [(4, "<c>")]])
    edits = edits_column(np.array([(0, 3, 8, EMAIL)], EDIT), 2)
    final = final_documents(documents, changes(edits, [None, None])).to_pylist()
    assert [row["text"] for row in final] == ["to <EMAIL> now", "left alone"]
    assert [[(mark["at_bytes"], mark["token"]) for mark in row["marks"]] for row in final] == [
        [(3, "<a>"), (10, "<b>")],
        [(4, "<c>")],
    ]


def test_edits_are_places_in_the_rewritten_text() -> None:
    edits = edits_column(np.array([(0, 0, 3, EMAIL)], EDIT), 1)
    final = final_documents(table(["what was ingested"], [[]]), changes(edits, ["a@b and more"]))
    assert final.column("text").to_pylist() == ["<EMAIL> and more"]

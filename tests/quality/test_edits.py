import itertools
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.edits import (
    EDIT,
    EDIT_KINDS,
    REPLACEMENTS,
    apply_edits,
    edits_column,
    edits_of_column,
    merged,
    moved_marks,
)
from tests.quality.bounds import with_bounds_checks

TEXTS = st.lists(st.one_of(st.none(), st.text(alphabet="ab é日😀\n", max_size=12)), max_size=4)


@st.composite
def edited(draw: st.DrawFn) -> tuple[list[str | None], np.ndarray]:
    """Texts, and edits between characters of them, overlapping as it comes."""
    texts = draw(TEXTS)
    edits = []
    for number, text in enumerate(texts):
        bounds = [len((text or "")[:at].encode()) for at in range(len(text or "") + 1)]
        for _ in range(draw(st.integers(0, 3))):
            start, end = sorted(draw(st.tuples(st.sampled_from(bounds), st.sampled_from(bounds))))
            edits.append((number, start, end, draw(st.integers(0, len(EDIT_KINDS) - 1))))
    return texts, np.array(draw(st.permutations(edits)), EDIT)


def expected(text: str | None, edits: list[tuple[int, int, int, int]]) -> str | None:
    if text is None:
        return None
    data = text.encode()
    pieces, at = [], 0
    for _, start, end, kind in edits:
        pieces += [data[at:start], REPLACEMENTS[EDIT_KINDS[kind]].encode()]
        at = end
    return b"".join([*pieces, data[at:]]).decode()


@given(edited())
def test_merged_edits_cover_the_same_bytes_and_do_not_overlap(case: tuple[list[str | None], np.ndarray]) -> None:
    _, edits = case
    found = merged(edits)
    for left, right in itertools.pairwise(found):
        assert (left["document"], left["end_bytes"]) <= (right["document"], right["start_bytes"])

    def covered(of: np.ndarray) -> set[tuple[int, int]]:
        return {(e["document"], at) for e in of for at in range(e["start_bytes"], e["end_bytes"])}

    assert covered(found) == covered(edits)
    assert np.array_equal(merged(found), found)


@given(edited())
def test_edits_are_applied_as_python_would(case: tuple[list[str | None], np.ndarray]) -> None:
    texts, edits = case
    edits = merged(edits)
    result = apply_edits(pa.array(texts, pa.string()), edits)
    result.validate(full=True)
    by_document = [[tuple(edit) for edit in edits.tolist() if edit[0] == number] for number in range(len(texts))]
    assert result.to_pylist() == [expected(text, own) for text, own in zip(texts, by_document, strict=True)]


@given(edited())
def test_a_column_holds_the_edits(case: tuple[list[str | None], np.ndarray]) -> None:
    texts, edits = case
    column = edits_column(merged(edits), len(texts))
    column.validate(full=True)
    assert np.array_equal(edits_of_column(column), merged(edits))
    assert np.array_equal(edits_of_column(pa.concat_arrays([column, column]).slice(len(texts))), merged(edits))


def edited_at_every_edge() -> list[str | None]:
    """An edit at the beginning, at the end and of all of a text, and of one without any."""
    edits = np.array([(0, 0, 1, 3), (0, 2, 3, 3), (1, 0, 0, 3), (2, 0, 2, 0), (4, 1, 1, 1)], EDIT)
    edited_texts: list[str | None] = apply_edits(pa.array(["abc", "", "de", None, "f"]), edits).to_pylist()
    return edited_texts


def test_edits_leave_no_array(request: pytest.FixtureRequest) -> None:
    assert with_bounds_checks(request, edited_at_every_edge) == json.dumps(edited_at_every_edge())


def test_slices_keep_their_own_text() -> None:
    edits = np.array([(0, 0, 1, EDIT_KINDS.index("email"))], EDIT)
    assert apply_edits(pa.array(["xx", "abc", "d"]).slice(1), edits).to_pylist() == ["<EMAIL>bc", "d"]


@pytest.mark.parametrize(
    ("at", "moved"),
    [(0, 0), (2, 2), (3, 2), (5, 2), (6, 9), (8, 11)],
    ids=["before", "at the start", "inside", "inside, late", "at the end", "after"],
)
def test_marks_move_with_the_text(at: int, moved: int) -> None:
    # "ab" + four bytes that become <EMAIL> + "cd", as the second document of three
    email = EDIT_KINDS.index("email")
    edits = np.array([(0, 1, 9, email), (1, 2, 6, email), (2, 0, 0, email)], EDIT)
    assert moved_marks(np.array([1]), np.array([at]), edits).tolist() == [moved]


@given(edited())
def test_of_edits_that_overlap_the_longest_gives_the_kind(case: tuple[list[str | None], np.ndarray]) -> None:
    _, edits = case
    for union in merged(edits):
        inside = [
            edit
            for edit in sorted(edits.tolist(), key=lambda edit: (edit[1], -edit[2], edit[3]))
            if edit[0] == union["document"] and union["start_bytes"] <= edit[1] and edit[2] <= union["end_bytes"]
        ]
        assert union["kind"] in [edit[3] for edit in inside]
        if union["end_bytes"] > union["start_bytes"]:
            inside = [edit for edit in inside if edit[2] > edit[1]]
            assert union["kind"] == max(inside, key=lambda edit: edit[2] - edit[1])[3]


def test_kinds_are_stored_by_name_and_never_taken_away() -> None:
    assert EDIT_KINDS[:8] == ("line", "line_break", "citation", "email", "ip", "phone", "key", "benchmark")

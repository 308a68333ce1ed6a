import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.signal_group import documents_of, measure_groups, signal_groups
from quality.signals.prose import PROSE_SCHEMA, ProseSettings
from quality.signals.shape import SHAPE_SCHEMA
from tests.quality.bounds import with_bounds_checks
from tests.quality.reference import prose_of, shape_of
from tests.quality.texts import documents, multilingual_texts

COUNTED = [*SHAPE_SCHEMA.names, *PROSE_SCHEMA.names]
GROUPS = {name: group.settings() for name, group in signal_groups().items() if group.measured_for}


def measure(text: pa.Array) -> pa.Table:
    return pa.table(dict(measure_groups(documents_of(text), GROUPS).columns))


def measure_simply(text: pa.Array) -> pa.Table:
    """As English, and split simply."""
    english = documents_of(text, language=pa.array(["en"] * len(text), pa.string()))
    groups = {"shape": GROUPS["shape"], "prose": ProseSettings(words="simple")}
    return pa.table(dict(measure_groups(english, groups).columns))


def rows(text: pa.Array) -> list[dict[str, object]]:
    table = measure(text)
    table.validate(full=True)
    found: list[dict[str, object]] = table.to_pylist()
    return found


@settings(max_examples=300, deadline=None)
@given(st.lists(documents, max_size=4))
def test_signals_are_the_references(texts: list[str]) -> None:
    found = measure_simply(pa.array(texts, pa.string())).select(COUNTED).to_pylist()
    assert found == [shape_of(text) | prose_of(text) for text in texts]


@settings(max_examples=50, deadline=None)
@given(st.lists(documents, min_size=1, max_size=5))
def test_a_batch_is_its_documents_one_by_one(texts: list[str]) -> None:
    assert rows(pa.array(texts)) == [row for text in texts for row in rows(pa.array([text]))]


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string()])
def test_slices_and_both_string_types(type_: pa.DataType) -> None:
    texts = multilingual_texts(10)
    assert rows(pa.array(texts, type_).slice(3, 4)) == rows(pa.array(texts[3:7]))


def test_an_empty_document_and_a_null_have_zeros() -> None:
    empty, null = rows(pa.array(["", None]))
    assert empty == null
    assert empty["language"] == "und"
    assert {empty[name] for name in COUNTED} == {0}


@pytest.mark.parametrize("text", [pa.array([], pa.string()), pa.array(["a"]).slice(1), pa.array([""] * 3)])
def test_arrays_without_text(text: pa.Array) -> None:
    assert measure(text).num_rows == len(text)


def test_a_batch_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="not binary; cast it"):
        measure(pa.array([b"bytes"]))


def test_offsets_out_of_the_data_are_refused() -> None:
    offsets = pa.array([0, 99, 3], pa.int32()).buffers()[1]
    with pytest.raises(ValueError, match="an offset leads out of its 3 bytes"):
        measure(pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"abc")))


HOSTILE = [
    b"one two three [1] four.\n\n[edit] one two three? one two three? [2\n [3] [4] [5] \n",
    b"Javascript use cookies lorem ipsum {\r\nabc def \xe2\x84\xaa. \xff\xc3\n" * 3,
    "我们 有 一个 会议。\n".encode() * 20,
    *(bytes([lead]) for lead in (0x80, 0xBF, 0xC0, 0xDF, 0xE0, 0xEF, 0xF0, 0xF4, 0xF7, 0xFF)),
    b"\xf4\xbf\xbf\xbf \xe3\x81",
    b"a" * 5000,
    "日".encode() * 500,
    b"." * 100,
    b"\r",
    b"</s>",
    b"<",
    b"",
    b" ",
]


def cleaned(text: pa.Array) -> list[tuple[int, ...]]:
    """The edits of C4's cleaning."""
    measured = measure_groups(documents_of(text), {"prose": ProseSettings(clean="c4_any_end")})
    edits: list[tuple[int, ...]] = measured.edits.tolist()
    return edits


def hostile_array() -> pa.StringArray:
    """HOSTILE as an Arrow array whose bytes are not all UTF-8, in the very order given and nothing after."""
    binary = pa.array(HOSTILE, pa.binary())
    return pa.StringArray.from_buffers(len(binary), *binary.buffers()[1:])


def measured_and_cleaned() -> list[Any]:
    return [measure(hostile_array()).to_pylist(), cleaned(hostile_array())]


@pytest.mark.slow
def test_nothing_is_read_or_written_out_of_bounds(request: pytest.FixtureRequest) -> None:
    assert with_bounds_checks(request, measured_and_cleaned) == json.dumps(measured_and_cleaned())

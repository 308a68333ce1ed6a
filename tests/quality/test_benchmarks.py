import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from quality.decontamination.benchmark_texts import benchmark_texts
from quality.decontamination.index import benchmark_index
from quality.decontamination.matches import slices
from quality.edits import apply_edits, merged
from quality.input_file import InputFile
from quality.signal_group import documents_of
from quality.signals.benchmarks import BENCHMARKS_SCHEMA, MAX_SPANS, BenchmarksSettings, measure
from tests.quality.bounds import with_bounds_checks
from tests.quality.decontamination import reference
from tests.quality.test_signals import hostile_array

GOLDEN = Path(__file__).parent / "golden"
QUESTION = (
    "A gardener waters 14 tulips and 9 roses every morning, except on Sundays. "
    "How many flowers does she water in three weeks?"
)
SOLUTION = """def rotate(items, steps):
    if not items:
        return []
    steps %= len(items)  # to the right
    return items[-steps:] + items[:-steps]
"""
PROVERB = "the early bird catches the worm every day"  # eight words
FILES = (InputFile(uri=str(GOLDEN / "benchmark-questions.jsonl")), InputFile(uri=str(GOLDEN / "benchmark-code.csv")))


def measured(texts: list[str | None], **options: Any) -> list[dict[str, Any]]:
    columns = measure(documents_of(pa.array(texts, pa.string())), BenchmarksSettings(files=FILES, **options)).columns
    table = pa.table(dict(columns))
    assert table.schema == BENCHMARKS_SCHEMA
    table.validate(full=True)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def cleaned(text: str, **options: Any) -> str:
    documents = documents_of(pa.array([text]))
    edits = measure(documents, BenchmarksSettings(files=FILES, remove="span", **options)).edits
    after: str = apply_edits(documents.text, merged(edits))[0].as_py()
    return after


def spans_of(text: str) -> list[tuple[str, str, int]]:
    (row,) = measured([text])
    data = text.encode()
    return [
        (data[span["start_bytes"] : span["end_bytes"]].decode(), span["benchmark"], span["item"])
        for span in row["benchmark_spans"]
    ]


def test_the_planted_question_is_found_with_its_place() -> None:
    text = f"Quiz night! {QUESTION} Answers next week."
    assert spans_of(text) == [(QUESTION, "benchmark-questions", 0)]
    (row,) = measured([text])
    assert row["n_benchmark_ngrams"] == len(QUESTION.split()) - 12
    assert row["benchmark_names"] == ["benchmark-questions"]
    assert row["benchmark_share"] == len(QUESTION) / len(text)


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda text: text.replace(" ", "\n   "),
        lambda text: text.replace(",", "").replace(".", " …"),
        lambda text: text.replace("water", "‘water’").replace("roses", "ro\u00adses"),
        lambda text: text[len("A gardener ") :],
        lambda text: text[: -len(" does she water in three weeks?")],
        lambda text: f"<b>{text}</b>",
    ],
)
def test_other_case_punctuation_space_and_cut_edges_do_not_hide_it(change: Any) -> None:
    (row,) = measured([f"Quiz: {change(QUESTION)} (No. 4)"])
    assert row["n_benchmark_ngrams"] >= 1
    assert row["benchmark_names"] == ["benchmark-questions"]


@pytest.mark.parametrize("kept", [12, 13])
def test_twelve_words_of_thirteen_are_not_enough(kept: int) -> None:
    words = QUESTION.split()
    (row,) = measured([" ".join([*words[:kept], "and", *words[kept + 1 : kept + 8]])])
    assert row["n_benchmark_ngrams"] == (1 if kept == 13 else 0)


def test_a_short_text_counts_as_a_whole() -> None:
    assert spans_of(f"As they say, “{PROVERB}”.") == [(PROVERB, "benchmark-questions", 1)]
    (row,) = measured([PROVERB.removesuffix(" day") + " week"])
    assert row["n_benchmark_ngrams"] == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("    ", "\t"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(" ", "  "),
        lambda text: text[4:],
        lambda text: "\n".join(f"        {line}" for line in text.splitlines()),
    ],
)
def test_code_of_another_layout_is_found(change: Any) -> None:
    (row,) = measured([f"import os\n\n{change(SOLUTION)}\nrotate([1], 2)\n"])
    assert row["n_benchmark_verbatim_chars"] >= 100
    assert row["benchmark_names"] == ["benchmark-code"]
    assert {span["item"] for span in row["benchmark_spans"]} == {1}


def test_code_with_another_name_is_not_found() -> None:
    (row,) = measured([SOLUTION.replace("items", "values")])
    assert row["n_benchmark_verbatim_chars"] == 0


def test_what_stands_in_two_benchmarks_is_of_both() -> None:
    (row,) = measured([f"{SOLUTION}\n{PROVERB}\n{QUESTION}"])
    assert row["benchmark_names"] == ["benchmark-code", "benchmark-questions"]
    assert [span["item"] for span in row["benchmark_spans"]] == [1, 1, 0]


def test_spans_are_capped_and_counts_are_not() -> None:
    (row,) = measured([f"{PROVERB}. And " * 100])
    assert len(row["benchmark_spans"]) == MAX_SPANS
    assert row["n_benchmark_ngrams"] == 100


def test_nothing_found_is_zeros_and_empty_lists_and_null_counts_as_empty() -> None:
    nothing = dict(zip(BENCHMARKS_SCHEMA.names, [0, 0, 0.0, [], []], strict=True))
    assert measured(["", None, "An ordinary sentence about tulips and roses."]) == [nothing] * 3
    assert measured([]) == []


def test_spans_are_cut_with_the_punctuation_that_touches_them() -> None:
    assert cleaned(f"Before. “{QUESTION}” After.") == "Before.  After."
    assert cleaned(f"Before.\n{PROVERB}\nAfter.") == "Before.\n\nAfter."
    assert cleaned("Nothing of it.") == "Nothing of it."


def test_a_margin_is_cut_too_in_whole_characters() -> None:
    assert cleaned(f"éé日日 {PROVERB} 日日éé", span_margin_chars=3) == "ééé" + "é"
    assert cleaned(f"x {PROVERB} y", span_margin_chars=200) == ""


def test_a_document_that_is_to_be_refused_is_not_edited() -> None:
    found = measure(documents_of(pa.array([QUESTION])), BenchmarksSettings(files=FILES))
    assert len(found.edits) == 0


texts = st.lists(
    st.sampled_from([QUESTION[:70], QUESTION[30:], PROVERB, SOLUTION[:90], SOLUTION[40:], "é日", " ", "?!", "…\n"]),
    max_size=6,
).map("".join)


@settings(max_examples=100, deadline=None)
@given(st.lists(texts, max_size=4))
def test_a_batch_is_its_documents_one_by_one(batch: list[str]) -> None:
    assert measured(list(batch)) == [row for text in batch for row in measured([text])]


@settings(max_examples=200, deadline=None)
@given(texts)
def test_columns_and_edits_agree_with_the_reference(text: str) -> None:
    words = reference.found_in(text, reference.index([QUESTION, PROVERB], [0, 1], 13, 8), 13)
    (row,) = measured([text], fields=("question",))
    assert row["n_benchmark_ngrams"] == words.n_grams
    assert {span["item"] for span in row["benchmark_spans"]} == words.items
    covered = b"".join(text.encode()[at : at + 1] for at in sorted(words.covered_bytes)).decode()
    assert row["benchmark_share"] == (len(covered) / len(text) if text else 0)
    edits = measure(
        documents_of(pa.array([text])), BenchmarksSettings(files=FILES, fields=("question",), remove="span")
    )
    cut = {at for edit in edits.edits for at in range(edit["start_bytes"], edit["end_bytes"])}
    assert words.covered_bytes <= cut
    left = bytes(byte for at, byte in enumerate(text.encode()) if at not in cut).decode()
    removed = bytes(byte for at, byte in enumerate(text.encode()) if at in cut - words.covered_bytes).decode()
    assert reference.words(removed) == []
    assert len(left) <= len(text)


def test_slices_are_all_documents_in_order() -> None:
    offsets = np.array([5, 5, 9, 30, 31, 32, 40], np.int64)
    found = list(slices(offsets, 8))
    assert [part.tolist() for part in found] == [[5, 5, 9], [9, 30], [30, 31, 32], [32, 40]]
    assert list(slices(offsets[:1], 8)) == []


HOSTILE = {
    "newlines": "\n" * 1_000_000,
    "nothing but NUL": "\x00" * 1_000_000,
    "emoji": "😀👩\u200d🚀" * 100_000,
    "one line": "word " * 400_000,
    "one word": "a" * 2_000_000,
    "marks": "\u0301" * 500_000,
    "right to left": "\u202eאב " * 200_000,
    "CJK": "日本" * 300_000,
    "anchors again and again": "items%=len(items)\n" * 60_000,
    "benchmarks again and again": f"{QUESTION}{SOLUTION}" * 3_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_measured(name: str) -> None:
    (row,) = measured([HOSTILE[name]])
    assert (row["benchmark_share"] > 0) == name.startswith("benchmarks")
    assert len(row["benchmark_spans"]) <= MAX_SPANS


def test_settings_without_files_are_refused() -> None:
    with pytest.raises(ValidationError, match="files"):
        BenchmarksSettings.model_validate({})
    with pytest.raises(ValidationError, match="at least 1"):
        BenchmarksSettings(files=())


def checked_rows() -> list[Any]:
    """What is measured in hostile bytes, and in every piece of the golden texts; spans cut with a margin."""
    pieces = [QUESTION[i:] + SOLUTION[: 20 * i] for i in range(8)] + [PROVERB, "日本語" * 40 + PROVERB, "a", "é—"]
    options = BenchmarksSettings(files=FILES, remove="span", span_margin_chars=2, min_verbatim_bytes=40, ngram_words=4)
    rows: list[Any] = []
    for text in (pa.array(pieces), hostile_array()):
        found = measure(documents_of(text), options)
        rows += [pa.table(dict(found.columns)).to_pylist(), found.edits.tolist()]
    return rows


@pytest.mark.slow
def test_nothing_is_read_or_written_out_of_bounds(request: pytest.FixtureRequest) -> None:
    rows = checked_rows()
    assert rows[1] != []
    assert with_bounds_checks(request, checked_rows) == json.dumps(rows)


@pytest.mark.skipif("MIXDOWN_DATA" not in os.environ, reason="MIXDOWN_DATA names no folder of real benchmarks")
def test_every_text_of_real_benchmarks_that_is_looked_for_is_found_in_itself() -> None:
    files = tuple(InputFile(uri=str(path)) for path in sorted(Path(os.environ["MIXDOWN_DATA"], "evals").iterdir()))
    options = BenchmarksSettings(files=files)
    _, of_files = benchmark_texts(files, (), ())
    buffers = pa.py_buffer(of_files.offsets), pa.py_buffer(of_files.data)
    texts = pa.LargeStringArray.from_buffers(len(of_files.item_of), *buffers)
    found = measure(documents_of(texts), options).columns
    is_found = (found["n_benchmark_ngrams"].to_numpy() > 0) | (found["n_benchmark_verbatim_chars"].to_numpy() > 0)
    summaries = benchmark_index(options.index_settings()).summaries
    n_looked_for = sum(summary.n_texts - summary.n_short_texts for summary in summaries)
    assert n_looked_for <= is_found.sum() <= 1.001 * n_looked_for  # a text that is too short may stand in a longer one

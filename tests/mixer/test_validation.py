"""Held-out documents as rows: whole where they fit, every byte once, the same bytes each time."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.held_out import held_out_from
from mixer.shards import TokenFormat
from mixer.tokens import tokenizer
from mixer.validation import ValidationFormat, validation_name, validation_schema, write_validation

END, MARK = 9, 8  # of a vocabulary whose ids 0 to 7 are as many bytes of text


def toy_format(sequence_length: int) -> ValidationFormat:
    token_bytes = np.array([0, 1, 2, 3, 4, 5, 6, 7, 0, 0], np.int32)
    return ValidationFormat(TokenFormat("uint16", END), sequence_length, token_bytes, frozenset({MARK, END}))


def documents_of(lists: list[list[int]]) -> list[npt.NDArray[np.unsignedinteger]]:
    return [np.array([*ids, END], np.uint16) for ids in lists]


documents = st.lists(st.lists(st.integers(0, MARK), max_size=40), min_size=1, max_size=12)


def parts_of(row: dict[str, list[int]]) -> list[list[int]]:
    """The parts of a row, each behind its end-of-text token."""
    starts = row["doc_starts"]
    assert starts[1::2] == [start + 1 for start in starts[::2]]
    ends = [*starts[2::2], row["n_tokens"]]
    assert all(row["input_ids"][start] == END for start in starts[::2])
    return [row["input_ids"][start:end] for start, end in zip(starts[1::2], ends, strict=True)]


@given(documents, st.integers(2, 30))
def test_rows_hold_every_document_in_order_and_count_its_bytes(
    tmp_path_factory: pytest.TempPathFactory, lists: list[list[int]], sequence_length: int
) -> None:
    format_ = toy_format(sequence_length)
    folder = tmp_path_factory.mktemp("rows")
    file = write_validation(f"{folder}/a.parquet", "web", "text", documents_of(lists), 10**9, format_)
    with_text = [ids for ids in lists if any(token != MARK for token in ids)]
    if file is None:
        assert not with_text
        return
    table = pq.read_table(folder / "a.parquet")
    assert table.schema.equals(validation_schema("uint16"))
    rows = table.to_pylist()
    assert [row["row"] for row in rows] == list(range(file.rows))
    whole: list[list[int]] = []
    for row in rows:
        assert len(row["input_ids"]) == sequence_length
        assert set(row["input_ids"][row["n_tokens"] :]) <= {END}
        parts = parts_of(row)
        assert row["n_bytes"] == sum(token % MARK for part in parts for token in part)
        whole += parts
    room = sequence_length - 1
    assert whole == [ids[at : at + room] for ids in with_text for at in range(0, len(ids), room)]
    assert file.documents == len(with_text)
    assert file.tokens == sum(token != MARK for ids in with_text for token in ids)
    assert file.text_bytes == sum(row["n_bytes"] for row in rows)
    again = write_validation(f"{folder}/b.parquet", "web", "text", documents_of(lists), 10**9, format_)
    assert again is not None
    assert again.sha256 == file.sha256


@given(documents, st.integers(1, 60))
def test_a_bound_takes_the_first_documents(
    tmp_path_factory: pytest.TempPathFactory, lists: list[list[int]], max_tokens: int
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    file = write_validation(f"{folder}/a.parquet", "web", "text", documents_of(lists), max_tokens, toy_format(20))
    lengths = [n for ids in lists if (n := sum(token != MARK for token in ids))]
    if file is not None:
        assert file.tokens == sum(lengths[: file.documents])
        assert file.tokens <= max_tokens or file.documents == 1
        assert sum(lengths[: file.documents + 1]) > max_tokens or file.documents == len(lengths)


def test_a_name_is_that_of_the_source() -> None:
    assert validation_name("code.web") == "validation-code.web.parquet"


@given(st.text(max_size=60))
def test_the_bytes_of_ids_add_up_to_the_text(text: str) -> None:
    encoder = tokenizer("cl100k_base")
    assert int(encoder.text_bytes[encoder.encode_document(text)].sum()) == len(text.encode())


def test_every_ids_bytes_are_those_it_decodes_to() -> None:
    encoder = tokenizer("cl100k_base")
    special = set(encoder.special_tokens.values())
    assert all(encoder.text_bytes[number] == 0 for number in special)
    for number in range(0, 100_256, 7):
        assert encoder.text_bytes[number] == len(encoder._base.decode_single_token_bytes(number))


@pytest.mark.parametrize(("share", "first"), [(0, 2**64), (1, 0), (0.5, 2**63), (0.1, 2**64 - 2**64 // 10)])
def test_the_top_share_of_hashes_is_held_out(share: float, first: int) -> None:
    assert held_out_from(share) == first


def test_a_greater_share_holds_out_more() -> None:
    firsts = [held_out_from(share) for share in (0.001, 0.01, 0.02, 0.3)]
    assert firsts == sorted(firsts, reverse=True)


def test_no_file_is_written_without_text(tmp_path: Path) -> None:
    assert (
        write_validation(f"{tmp_path}/a.parquet", "web", "text", documents_of([[], [MARK]]), 9, toy_format(8)) is None
    )
    assert not list(tmp_path.iterdir())

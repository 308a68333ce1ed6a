"""datatrove's files, read back with datatrove and compared with what datatrove itself writes."""

from pathlib import Path
from typing import Any, Literal

import humanize
import numpy as np
import pytest
from datatrove.utils.dataset import DatatroveFileDataset, DatatroveFolderDataset
from hypothesis import example, given
from hypothesis import strategies as st

from mixer.export.datatrove import _metric, metadata
from mixer.export.formats import export
from tests.mixer.export.mixtures import LENGTH, make_mixture

IdType = Literal["uint16", "uint32"]


@pytest.fixture(scope="module")
def tokenized_file() -> Any:
    """datatrove's writer; its module wants Hugging Face's `tokenizers`, which datatrove does not install by itself."""
    pytest.importorskip("tokenizers", reason="datatrove's writer needs tokenizers (pip install tokenizers)")
    from datatrove.pipeline.tokens.tokenizer import TokenizedFile

    return TokenizedFile


@pytest.mark.parametrize("id_type", ["uint16", "uint32"])
@pytest.mark.parametrize("padded", [False, True])
def test_the_bytes_are_those_that_datatrove_writes(
    tokenized_file: Any, id_type: IdType, padded: bool, tmp_path: Path
) -> None:
    mixture = make_mixture(tmp_path / "mixture", id_type=id_type, padded=padded)
    export(mixture.uri, "datatrove", str(tmp_path / "out"))
    for number, stem in enumerate(["demo-00-main", "demo-01-cooldown"]):
        theirs = tokenized_file(
            str(tmp_path / "theirs"),
            f"{stem}.ds",
            tokenizer_name_or_path="toy",
            save_final_metadata=True,
            token_size=2 if id_type == "uint16" else 4,
        )
        for row in mixture.phase_rows(number):
            theirs.write(row, None)
        theirs.close()
        for suffix in ("", ".index", ".metadata"):
            name = f"{stem}.ds{suffix}"
            assert (tmp_path / "out" / stem / name).read_bytes() == (tmp_path / "theirs" / name).read_bytes()


@pytest.mark.parametrize(("id_type", "dtype"), [("uint16", "<u2"), ("uint32", "<u4")])
@pytest.mark.parametrize("padded", [False, True])
def test_tokens_index_and_metadata(id_type: IdType, dtype: str, padded: bool, tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", id_type=id_type, padded=padded)
    summary = export(mixture.uri, "datatrove", str(tmp_path / "out"))
    assert (summary.rows, summary.tokens) == (12, sum(map(len, mixture.rows)))
    assert len(summary.files) == 6
    for number, stem in enumerate(["demo-00-main", "demo-01-cooldown"]):
        rows = mixture.phase_rows(number)
        tokens = [token for row in rows for token in row]
        path = tmp_path / "out" / stem / f"{stem}.ds"
        assert path.read_bytes() == np.array(tokens, dtype).tobytes()
        assert Path(f"{path}.index").read_bytes() == np.cumsum([len(row) for row in rows]).astype("<u8").tobytes()
        lines = Path(f"{path}.metadata").read_text().split("\n")
        assert lines[:2] == [f"toy|{np.dtype(dtype).itemsize}", str(len(tokens))]


@pytest.mark.parametrize("id_type", ["uint16", "uint32"])
def test_datatroves_dataset_gives_the_rows_in_order(id_type: IdType, tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", id_type=id_type)
    export(mixture.uri, "datatrove", str(tmp_path / "out"))
    size = 2 if id_type == "uint16" else 4
    # A window of datatrove is seq_len + 1 tokens, so seq_len = sequence_length - 1 gives the rows as they are.
    phase = DatatroveFolderDataset(str(tmp_path / "out" / "demo-01-cooldown"), LENGTH - 1, token_size=size)
    assert [phase[row]["input_ids"].tolist() for row in range(len(phase))] == mixture.phase_rows(1)
    whole = DatatroveFolderDataset(
        str(tmp_path / "out"), LENGTH - 1, filename_pattern="**/*.ds", token_size=size, return_positions=True
    )
    assert [whole[row]["input_ids"].tolist() for row in range(len(whole))] == mixture.rows
    assert whole[3]["positions"].tolist() == list(range(LENGTH))


def test_padding_is_left_out_and_rows_stay_documents(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", padded=True)
    export(mixture.uri, "datatrove", str(tmp_path / "out"))
    stem = tmp_path / "out" / "demo-00-main" / "demo-00-main.ds"
    rows = mixture.phase_rows(0)
    assert min(map(len, rows)) < LENGTH
    ends = np.fromfile(f"{stem}.index", "<u8")
    assert ends.tolist() == np.cumsum([len(row) for row in rows]).tolist()
    tokens = DatatroveFileDataset(str(stem), seq_len=0)
    assert [tokens[at]["input_ids"].item() for at in range(len(tokens))] == [token for row in rows for token in row]


@given(st.integers(0, 10**19))
@example(999)
@example(9_995)
@example(999_999)
@example(123_456_789)
def test_the_metadatas_count_is_humanizes(tokens: int) -> None:
    assert _metric(tokens) == humanize.metric(tokens, unit="T")


def test_a_tokenizers_name_keeps_the_metadata_readable() -> None:
    lines = metadata("a|b\nc", 4, 5).split("\n")
    assert [lines[0].split("|"), *lines[1:]] == [["a b c", "4"], "5", "5.00 T"]
    assert metadata("|", 2, 0) == "unknown|2\n0\n0.00 T"


def test_a_phase_without_rows_has_no_files(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", phases=[("a", (2, 0)), ("none", (0,)), ("b", (1,))])
    export(mixture.uri, "datatrove", str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["demo-00-a", "demo-02-b"]

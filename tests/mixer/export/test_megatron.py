"""Megatron's files, read back by a reader of our own from the layout, and by Megatron where it is installed."""

import struct
import warnings
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pytest

from mixer.export.files import ExportError
from mixer.export.formats import export
from tests.mixer.export.mixtures import make_mixture

IdType = Literal["uint16", "uint32"]
NUMPY_TYPES = {8: "<u2", 4: "<i4"}  # of Megatron's DType


class Indexed(NamedTuple):
    code: int
    sequences: list[list[int]]
    document_index: list[int]


def read_indexed(prefix: Path) -> Indexed:
    """Both files by their documented layout; every byte must be accounted for."""
    content = Path(f"{prefix}.idx").read_bytes()
    magic, version, code, sequences, documents = struct.unpack_from("<9sQBQQ", content)
    assert (magic, version) == (b"MMIDIDX\0\0", 1)
    at = 34
    lengths = struct.unpack_from(f"<{sequences}i", content, at)
    offsets = struct.unpack_from(f"<{sequences}q", content, at + 4 * sequences)
    document_index = struct.unpack_from(f"<{documents}q", content, at + 12 * sequences)
    assert len(content) == at + 12 * sequences + 8 * documents
    tokens = np.fromfile(f"{prefix}.bin", NUMPY_TYPES[code])
    assert len(tokens) == sum(lengths)
    starts = [offset // tokens.itemsize for offset in offsets]
    return Indexed(
        code, [tokens[s : s + n].tolist() for s, n in zip(starts, lengths, strict=True)], list(document_index)
    )


@pytest.mark.parametrize(("id_type", "code"), [("uint16", 8), ("uint32", 4)])
@pytest.mark.parametrize("padded", [False, True])
def test_each_row_is_a_sequence_and_a_document(id_type: IdType, code: int, padded: bool, tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", id_type=id_type, padded=padded)
    summary = export(mixture.uri, "megatron", str(tmp_path / "out"))
    assert [Path(uri).name for uri in summary.files] == [
        "demo-00-main.bin",
        "demo-00-main.idx",
        "demo-01-cooldown.bin",
        "demo-01-cooldown.idx",
    ]
    for number, stem in enumerate(["demo-00-main", "demo-01-cooldown"]):
        rows = mixture.phase_rows(number)
        found = read_indexed(tmp_path / "out" / stem)
        assert found == Indexed(code, rows, list(range(len(rows) + 1)))


def test_more_rows_than_are_indexed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixer.export.megatron.ENTRIES", 4)
    mixture = make_mixture(tmp_path / "mixture", phases=[("a", (3, 4)), ("b", (8,))], padded=True)
    export(mixture.uri, "megatron", str(tmp_path / "out"))
    assert read_indexed(tmp_path / "out" / "demo-00-a").document_index == list(range(8))
    assert read_indexed(tmp_path / "out" / "demo-01-b").document_index == list(range(9))


def test_a_vocabulary_past_int32_is_refused(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", id_type="uint32")
    tokenizer = mixture.manifest.tokenizer.model_copy(update={"vocabulary_size": 2**31 + 1})
    manifest = mixture.manifest.model_copy(update={"tokenizer": tokenizer})
    (tmp_path / "mixture" / "manifest.json").write_text(manifest.model_dump_json())
    with pytest.raises(ExportError, match=r"2,147,483,649 of them.*datatrove"):
        export(mixture.uri, "megatron", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def indexed_dataset() -> Any:
    """Megatron's module; importing it brings in all of Megatron, with its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reason = "megatron-core is not installed (pip install megatron-core)"
        return pytest.importorskip("megatron.core.datasets.indexed_dataset", reason=reason)


@pytest.mark.slow
@pytest.mark.parametrize("id_type", ["uint16", "uint32"])
@pytest.mark.parametrize("padded", [False, True])
def test_megatrons_own_reader_and_writer_agree(
    indexed_dataset: Any, id_type: IdType, padded: bool, tmp_path: Path
) -> None:
    mixture = make_mixture(tmp_path / "mixture", id_type=id_type, padded=padded)
    export(mixture.uri, "megatron", str(tmp_path / "out"))
    for number, stem in enumerate(["demo-00-main", "demo-01-cooldown"]):
        ours, rows = tmp_path / "out" / stem, mixture.phase_rows(number)
        dataset = indexed_dataset.IndexedDataset(str(ours))
        assert [dataset[row].tolist() for row in range(len(dataset))] == rows
        assert dataset.document_indices.tolist() == list(range(len(rows) + 1))
        theirs = tmp_path / f"theirs-{stem}"
        dtype = indexed_dataset.DType.optimal_dtype(65_000 if id_type == "uint16" else 100_307)
        builder = indexed_dataset.IndexedDatasetBuilder(f"{theirs}.bin", dtype=dtype)
        for row in rows:
            builder.add_document(row, [len(row)])
        builder.finalize(f"{theirs}.idx")
        for suffix in (".bin", ".idx"):
            assert Path(f"{ours}{suffix}").read_bytes() == Path(f"{theirs}{suffix}").read_bytes()

"""What holds for every format: the same bytes again, nothing overwritten, damage found, errors that help."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixer import storage
from mixer.export.files import ExportError, phase_stems
from mixer.export.formats import FORMATS, export
from mixer.export.rows import batches, row_lengths
from tests.mixer.export.mixtures import LENGTH, make_mixture, rewrite_shard

TOKEN_FORMATS = ("datatrove", "megatron")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shards=st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=3),
    group_rows=st.integers(1, 4),
    padded=st.booleans(),
    one_file=st.booleans(),
)
def test_batches_are_the_rows_however_they_are_cut(
    shards: list[list[int]], group_rows: int, padded: bool, one_file: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mixture")
    phases = [(f"p{number}", rows) for number, rows in enumerate(shards)]
    mixture = make_mixture(folder, phases=phases, group_rows=group_rows, padded=padded)
    manifest = mixture.manifest
    if one_file and manifest.files:  # a shard may even hold rows of several phases
        tables = [pq.read_table(folder / shard.path) for shard in manifest.files]
        whole = storage.write_parquet(str(folder / "all.parquet"), tables[0].schema, [pa.concat_tables(tables)])
        manifest = manifest.model_copy(update={"files": [manifest.files[0].model_copy(update=whole._asdict())]})
    for number, phase in enumerate(manifest.phases):
        tokens: list[int] = []
        lengths: list[int] = []
        for batch in batches(str(folder), manifest, phase):
            tokens += batch.tokens.tolist()
            lengths += batch.lengths.tolist()
        rows = mixture.phase_rows(number)
        assert tokens == [token for row in rows for token in row]
        assert lengths == [len(row) for row in rows]
        assert [n for part in row_lengths(str(folder), manifest, phase) for n in part.tolist()] == lengths


@pytest.mark.parametrize("format_name", FORMATS)
def test_exporting_twice_gives_the_same_bytes(format_name: str, tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", padded=True)
    first = export(mixture.uri, format_name, str(tmp_path / "out"))
    before = content(tmp_path / "out")
    assert export(f"{mixture.uri}/manifest.json", format_name, str(tmp_path / "out/")) == first
    assert content(tmp_path / "out") == before
    assert {str(tmp_path / "out" / name) for name in before} == set(first.files)


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("phases", [[("main", (5, 3)), ("cooldown", (3,))], [("main", (5, 4)), ("cooldown", (3,))]])
def test_another_mixtures_export_is_not_overwritten(
    format_name: str, phases: list[tuple[str, tuple[int, ...]]], tmp_path: Path
) -> None:
    one = make_mixture(tmp_path / "one")
    other = make_mixture(tmp_path / "other", phases=phases, seed=1)  # smaller, or of the same size
    export(one.uri, format_name, str(tmp_path / "out"))
    before = content(tmp_path / "out")
    with pytest.raises(ExportError, match=r"holds something else.*another --output"):
        export(other.uri, format_name, str(tmp_path / "out"))
    assert content(tmp_path / "out") == before


def test_an_edited_card_is_kept(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture")
    export(mixture.uri, "card", mixture.uri)
    card = tmp_path / "mixture" / "README.md"
    card.write_text(edited := card.read_text(encoding="utf-8").replace("mixdown", "mixwell"), encoding="utf-8")
    with pytest.raises(ExportError, match="another content"):
        export(mixture.uri, "card", mixture.uri)
    assert card.read_text(encoding="utf-8") == edited


def test_an_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="unknown format 'mosaic'; known: card, datatrove, megatron"):
        export(make_mixture(tmp_path).uri, "mosaic", str(tmp_path / "out"))


def test_a_mixture_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no rows"):
        export(make_mixture(tmp_path, phases=[("main", ())]).uri, "card", str(tmp_path / "out"))


def test_relative_paths_are_taken_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_mixture(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert export("manifest.json", "megatron", "out").files[0] == "out/demo-00-main.bin"
    assert export(".", "megatron", "out").rows == 12


def test_names_with_odd_characters_stay_in_the_folder(tmp_path: Path) -> None:
    phases = [("../../etc/passwd", (1,)), ("a b\n", (1,)), ("", (1,)), ("A b\n", (1,))]
    mixture = make_mixture(tmp_path / "mixture", name="-ü/$(x)", phases=phases)
    stems = [stem for stem, _ in phase_stems(mixture.manifest)]
    assert stems == ["____x_-00-_.._etc_passwd", "____x_-01-a_b_", "____x_-02-_", "____x_-03-A_b_"]
    for name in TOKEN_FORMATS:
        summary = export(mixture.uri, name, str(tmp_path / "out"))
        assert all((tmp_path / "out") in Path(uri).parents for uri in summary.files)
        assert all(Path(uri).resolve() == Path(uri) for uri in summary.files)


def test_many_phases_stay_in_order_by_name(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path, phases=[(f"p{number}", (1,)) for number in range(101)])
    stems = [stem for stem, _ in phase_stems(mixture.manifest)]
    assert stems == sorted(stems)
    assert len(set(stems)) == 101


@pytest.mark.parametrize("format_name", TOKEN_FORMATS)
def test_a_flipped_bit_is_an_error_and_leaves_nothing_half_done(format_name: str, tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", phases=[("main", (40, 40))], group_rows=20)
    path = tmp_path / "mixture" / mixture.manifest.files[1].path
    original = path.read_bytes()
    chunk = pq.ParquetFile(path).metadata.row_group(1).column(0)
    damaged = bytearray(original)
    damaged[chunk.data_page_offset + chunk.total_compressed_size // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(storage.DamagedFile, match=path.name):
        export(mixture.uri, format_name, str(tmp_path / "out"))
    assert content(tmp_path / "out") == {}
    path.write_bytes(original)
    export(mixture.uri, format_name, str(tmp_path / "out"))


@pytest.mark.parametrize("format_name", FORMATS)
def test_missing_and_shortened_shards_are_named_at_once(format_name: str, tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture")
    path = tmp_path / "mixture" / mixture.manifest.files[2].path
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(storage.DamagedFile, match=path.name):
        export(mixture.uri, format_name, str(tmp_path / "out"))
    path.unlink()
    with pytest.raises(storage.DamagedFile, match=f"{path.name} is missing"):
        export(mixture.uri, format_name, str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def replaced(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


IDS = pa.list_(pa.uint16())
BREAKS = {
    "column row does not count on from 7": lambda t: replaced(t, "row", pa.array([5, 6, 6, 8], pa.int64())),
    "column n_tokens leaves 1 to 16": lambda t: replaced(t, "n_tokens", pa.array([16, 0, 16, 16], pa.int32())),
    "column n_tokens is int64": lambda t: replaced(t, "n_tokens", pa.array([16] * 4, pa.int64())),
    "with 1 nulls": lambda t: replaced(t, "n_tokens", pa.array([16, None, 16, 16], pa.int32())),
    "rows that are not 16 ids": lambda t: replaced(t, "input_ids", pa.array([[1] * 16, [1] * 15] * 2, IDS)),
    "that are not 16 ids": lambda t: replaced(t, "input_ids", pa.array([[1] * 16, None] * 2, IDS)),
    "not 16 ids": lambda t: replaced(t, "input_ids", pa.array([[1] * 15 + [None]] * 4, IDS)),
    "instead of a list of uint16": lambda t: replaced(t, "input_ids", pa.array([[1] * 16] * 4, pa.list_(pa.uint32()))),
    "no column n_tokens": lambda t: t.drop_columns(["n_tokens"]),
    "holds 3 rows and the manifest says 4": lambda t: t.slice(0, 3),
    "the manifest's counts say": lambda t: replaced(t, "n_tokens", pa.array([16, 16, 16, 15], pa.int32())),
}


@pytest.mark.parametrize("problem", BREAKS)
@pytest.mark.parametrize("format_name", TOKEN_FORMATS)
def test_a_shard_that_breaks_the_contract_is_refused(format_name: str, problem: str, tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture")
    table = pq.read_table(tmp_path / "mixture" / mixture.manifest.files[1].path)
    rewrite_shard(mixture, 1, BREAKS[problem](table))
    with pytest.raises(storage.DamagedFile, match=problem):
        export(mixture.uri, format_name, str(tmp_path / "out"))
    assert content(tmp_path / "out") == {}


def test_an_id_outside_the_vocabulary_is_refused(tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture", id_type="uint32")
    table = pq.read_table(tmp_path / "mixture" / mixture.manifest.files[1].path)
    ids = pa.array([[1] * (LENGTH - 1) + [100_307]] * 4, pa.list_(pa.uint32()))
    rewrite_shard(mixture, 1, replaced(table, "input_ids", ids))
    with pytest.raises(storage.DamagedFile, match=r"id 100,307 is outside the vocabulary of 100,307"):
        export(mixture.uri, "megatron", str(tmp_path / "out"))


@pytest.mark.parametrize("change", [{"rows": 13}, {"files": []}, {"phases": []}])
def test_a_manifest_that_contradicts_itself_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    mixture = make_mixture(tmp_path / "mixture")
    manifest = mixture.manifest.model_copy(update=change)
    (tmp_path / "mixture" / "manifest.json").write_text(manifest.model_dump_json())
    with pytest.raises(storage.DamagedFile, match="build the mixture again"):
        export(mixture.uri, "datatrove", str(tmp_path / "out"))

"""The loader feeds every row once, in order, whoever asks and wherever it was stopped."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer import storage
from mixer.manifest import MixtureManifest, read_manifest
from tests.trainer.mixtures import SCHEMA, SOURCES, doc_starts, make_mixture, real_tokens, token_ids
from trainer.errors import SettingError, ShardError
from trainer.loader import ShardRows, TrainingLoader

ROWS = 61
LENGTH = 32


def fed_rows(uri: str, batch_rows: int, world: int, start: int, batches: int | None = None) -> tuple[list[int], int]:
    """Global rows that `world` ranks get from `start`, batch by batch, and the state they end in."""
    loaders = [TrainingLoader(uri, batch_rows, rank, world) for rank in range(world)]
    rows: list[int] = []
    for loader in loaders:
        loader.load_state_dict({"next_row": start})
    left = loaders[0].batches_left if batches is None else min(batches, loaders[0].batches_left)
    for _ in range(left):
        parts = [next(loader).rows.tolist() for loader in loaders]
        assert all(len(part) == batch_rows // world for part in parts)
        rows += [row for together in zip(*parts, strict=True) for row in together]
    states = {loader.state_dict()["next_row"] for loader in loaders}
    for loader in loaders:
        loader.close()
    assert len(states) == 1
    return rows, states.pop()


@settings(max_examples=25, deadline=None)
@given(
    world=st.integers(1, 4),
    per_rank=st.integers(1, 5),
    other_world=st.integers(1, 4),
    other_per_rank=st.integers(1, 5),
    stop_after=st.integers(0, 8),
)
def test_rows_are_fed_once_in_order_over_a_restart(
    mixture: str, world: int, per_rank: int, other_world: int, other_per_rank: int, stop_after: int
) -> None:
    before, state = fed_rows(mixture, world * per_rank, world, 0, stop_after)
    after, end = fed_rows(mixture, other_world * other_per_rank, other_world, state)
    assert before + after == list(range(end))
    assert 0 <= ROWS - end < other_world * other_per_rank


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.integers(0, ROWS - 1), max_size=12))
def test_any_rows_in_any_order(mixture: str, rows: list[int]) -> None:
    shards = ShardRows(mixture)
    read = shards.read(rows)
    shards.close()
    assert read.input_ids.dtype == np.int64
    assert read.input_ids.tolist() == [token_ids(row, LENGTH) for row in rows]
    assert read.n_tokens.tolist() == [LENGTH] * len(rows)
    assert [starts.tolist() for starts in read.doc_starts] == [doc_starts(row, LENGTH) for row in rows]
    assert read.sources == [SOURCES[row % 3 == 2] for row in rows]


def test_padded_rows_say_how_long_they_are(padded_mixture: str) -> None:
    shards = ShardRows(padded_mixture)
    read = shards.read(range(ROWS))
    shards.close()
    expected = [real_tokens(row, LENGTH) for row in range(ROWS)]
    assert read.n_tokens.tolist() == expected
    assert read.input_ids.tolist() == [token_ids(row, LENGTH, expected[row]) for row in range(ROWS)]


@pytest.mark.parametrize("start", [0, 7, 61])
def test_tokens_fed_are_the_manifests_without_padding(padded_mixture: str, start: int) -> None:
    with TrainingLoader(padded_mixture, 1) as loader:
        loader.load_state_dict({"next_row": start})
        fed = sum(int(rows.n_tokens.sum()) for rows in loader)
        promised = {source.name: source.actual_tokens for source in loader.manifest.sources}
        assert loader.tokens_by_source() == promised
        assert fed == sum(promised.values()) - sum(real_tokens(row, LENGTH) for row in range(start))
        assert sum(source.padding_tokens for source in loader.manifest.sources) > 0


@pytest.mark.parametrize("start", [0, 7, 40, 60])
def test_tokens_are_counted_over_all_ranks_and_restarts(mixture: str, start: int) -> None:
    with TrainingLoader(mixture, 2, rank=1, world=2) as loader:
        loader.load_state_dict({"next_row": start})
        for _ in loader:
            pass
        fed = loader.state_dict()["next_row"]
        code = sum(row % 3 == 2 for row in range(fed))
        assert loader.tokens_by_source() == {"web": (fed - code) * LENGTH, "code": code * LENGTH}
        assert fed + loader.rows_left_over == ROWS
        assert next(loader, None) is None


def test_only_the_row_groups_needed_are_read(mixture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original = pq.ParquetFile.read_row_group

    def counting(self: pq.ParquetFile, group: int, **options: object) -> object:
        read.append(group)
        return original(self, group, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counting)
    shards = ShardRows(mixture)
    shards.read([16 + 5, 16 + 6, 16 + 9])  # all in the second group of the second shard
    shards.close()
    assert set(read) == {1}


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("rows", "web: 9 rows and 256 tokens promised, 8 and 256 found"),
        ("actual_tokens", "web: 8 rows and 257 tokens promised, 8 and 256 found"),
    ],
)
def test_a_source_that_differs_from_the_manifest_is_reported(tmp_path: Path, field: str, message: str) -> None:
    uri = make_mixture(tmp_path, phases=(("main", 12), ("more", 8)))
    manifest = read_manifest(uri).model_dump()
    manifest["phases"][0]["sources"][0][field] += 1
    storage.write_bytes(uri, MixtureManifest.model_validate(manifest).model_dump_json().encode())
    with (
        TrainingLoader(uri, 4) as loader,
        pytest.raises(ShardError, match=f"'main' differs from its manifest: {message};"),
    ):
        list(loader)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("row", 99, "not numbered"),
        ("input_ids", [1, 2, 3], "not 32 tokens long"),
        ("input_ids", [400] * LENGTH, "token id 400 is outside the vocabulary of 300"),
        ("doc_starts", [LENGTH], "leaves a row: 32 is not one of 32 tokens"),
        ("doc_starts", [3, None], "leaves a row: -1 is not one of 32 tokens"),
        ("n_tokens", 10, "leaves a row: 10 is not one of 10 tokens"),
        ("n_tokens", 0, "'n_tokens' has 0, a row has 1 to 32 tokens"),
        ("n_tokens", LENGTH + 1, "'n_tokens' has 33, a row has 1 to 32 tokens"),
        ("n_tokens", None, "'n_tokens' has 0, a row has 1 to 32 tokens"),
        ("source", "elsewhere", "'elsewhere' is not in the manifest"),
    ],
)
def test_a_broken_shard_is_named(tmp_path: Path, column: str, value: object, message: str) -> None:
    uri = make_mixture(tmp_path)
    shard = tmp_path / "shard-00001.parquet"
    table = pq.read_table(shard)
    rows = table.to_pylist()
    rows[2][column] = value
    storage.write_parquet(str(shard), SCHEMA, [type(table).from_pylist(rows, SCHEMA)])
    shards = ShardRows(uri)
    shards.read([3])
    with pytest.raises(ShardError, match=rf"shard-00001\.parquet.*{message}"):
        shards.read([20])
    shards.close()


def test_a_missing_a_short_and_a_cut_off_shard_are_named(tmp_path: Path) -> None:
    uri = make_mixture(tmp_path)
    whole = (tmp_path / "shard-00000.parquet").read_bytes()
    (tmp_path / "shard-00000.parquet").write_bytes((tmp_path / "shard-00002.parquet").read_bytes())
    (tmp_path / "shard-00001.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "shard-00002.parquet").unlink()
    for row, message in ((0, "has 8 rows, the manifest says 16"), (20, "cannot be read"), (35, "cannot be read")):
        with pytest.raises(ShardError, match=message):
            ShardRows(uri).read([row])


def test_a_flipped_bit_is_an_error_and_never_another_token(tmp_path: Path) -> None:
    uri = make_mixture(tmp_path)
    shard = tmp_path / "shard-00000.parquet"
    whole = shard.read_bytes()
    expected = ShardRows(uri).read([0]).input_ids
    noticed = 0
    for position in range(4, len(whole), 61):
        shard.write_bytes(whole[:position] + bytes([whole[position] ^ 16]) + whole[position + 1 :])
        try:
            assert np.array_equal(ShardRows(uri).read([0]).input_ids, expected)
        except ShardError:
            noticed += 1
    assert noticed > 0


def test_settings_that_cannot_work_are_refused(mixture: str) -> None:
    for batch_rows, rank, world in ((3, 0, 2), (0, 0, 1), (4, 2, 2), (4, -1, 2)):
        with pytest.raises(SettingError):
            TrainingLoader(mixture, batch_rows, rank, world)
    with TrainingLoader(mixture, 4) as loader, pytest.raises(SettingError, match="outside"):
        loader.load_state_dict({"next_row": ROWS + 1})
    with pytest.raises(IndexError):
        ShardRows(mixture).read([ROWS])

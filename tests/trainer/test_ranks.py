"""Several ranks train what one trains: the same rows, the same weights up to the rounding of float32 sums."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer.held_out import make_held_out_mixture
from tests.trainer.mixtures import make_mixture
from tests.trainer.runs import losses, metrics, on_ranks, poison, train_on_ranks
from trainer.checkpoint import latest_checkpoint, load_state, load_weights
from trainer.errors import SettingError, ShardError
from trainer.parallel import choose_mode
from trainer.presets import find_preset
from trainer.ranks import Ranks, started
from trainer.train import train

# A large epsilon: AdamW's own would turn the rounding of the smallest gradients into whole steps.
OPTIONS: dict[str, Any] = {
    "batch_rows": 6,
    "micro_batch_rows": 2,
    "device": "cpu",
    "checkpoint_every": 2,
    "epsilon": 1e-2,
    "schedule": "constant",  # the same for any number of steps
    "warmup_steps": 1,
}


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_held_out_mixture(tmp_path_factory.mktemp("held-out"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, held_out: str) -> Path:
    """The run of one process."""
    output = tmp_path_factory.mktemp("alone") / "run"
    train(held_out, output, steps=6, **OPTIONS)
    return output


def finished(outcomes: list[dict[str, Any] | str]) -> list[dict[str, Any]]:
    assert all(isinstance(outcome, dict) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, dict)]


def assert_same_run(output: Path, alone: Path) -> None:
    """Equal but for the rounding of float32."""
    assert losses(output) == pytest.approx(losses(alone), rel=1e-6)
    for mine, theirs in zip(metrics(output), metrics(alone), strict=True):
        assert mine["source_loss"] == pytest.approx(theirs["source_loss"], rel=1e-6)
        assert mine["gradient_norm"] == pytest.approx(theirs["gradient_norm"], rel=1e-5)
        assert {key: mine[key] for key in ("tokens", "source_tokens", "phase", "learning_rate")} == {
            key: theirs[key] for key in ("tokens", "source_tokens", "phase", "learning_rate")
        }


@pytest.mark.parametrize(("parallel", "checkpointing"), [("ddp", "none"), ("fsdp", "none"), ("fsdp", "blocks")])
def test_two_ranks_train_what_one_trains(
    held_out: str, alone: Path, output: Path, parallel: str, checkpointing: str
) -> None:
    options = OPTIONS | {"parallel": parallel, "activation_checkpointing": checkpointing}
    outcomes = finished(train_on_ranks(2, held_out, output, steps=6, **options))
    assert outcomes[0] == outcomes[1]
    assert (outcomes[0]["ranks"], outcomes[0]["tokens"]) == (2, 36 * 32)
    assert_same_run(output, alone)
    newest = latest_checkpoint(alone)
    assert newest is not None
    one, two = load_weights(newest), load_weights(outcomes[0]["checkpoint"])
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, atol=1e-6, rtol=1e-5)
    validation = (alone / "validation.jsonl").read_text(), (output / "validation.jsonl").read_text()
    assert validation[0].count("\n") == validation[1].count("\n") == 1
    resumed = train(held_out, output, steps=6, validate_every=1, **OPTIONS)  # finished: measures nothing again
    assert outcomes[0]["validation"] == resumed.validation


def test_one_then_two_then_three_ranks_go_on(held_out: str, alone: Path, output: Path) -> None:
    train(held_out, output, steps=2, **OPTIONS)
    second = finished(train_on_ranks(2, held_out, output, steps=4, parallel="fsdp", **OPTIONS))[0]
    assert (second["resumed_from"], second["steps"]) == (2, 4)
    assert {"parallel was 'none', now 'fsdp'", "ranks was 1, now 2"} <= set(second["changed_settings"])
    third = finished(train_on_ranks(3, held_out, output, steps=6, parallel="ddp", **OPTIONS))[0]
    assert (third["resumed_from"], third["steps"], third["tokens"]) == (4, 6, 36 * 32)
    assert_same_run(output, alone)


def test_two_ranks_that_were_stopped_go_on_bit_for_bit(held_out: str, tmp_path: Path) -> None:
    options = OPTIONS | {"parallel": "fsdp"}
    finished(train_on_ranks(2, held_out, tmp_path / "whole", steps=5, **options))
    finished(train_on_ranks(2, held_out, tmp_path / "parts", steps=3, **options))
    finished(train_on_ranks(2, held_out, tmp_path / "parts", steps=5, **options))
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    first, second = (load_weights(tmp_path / name / "checkpoint-00000005") for name in ("whole", "parts"))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_rank_without_targets_takes_part(tmp_path: Path) -> None:
    """Rows that end after one token: with two ranks, one of them has nothing to predict in its first batch."""
    uri = make_mixture(tmp_path / "mixture", phases=(("main", 8),), row_tokens=lambda row, _: 1 if row % 4 == 1 else 30)
    options: dict[str, Any] = {"batch_rows": 2, "device": "cpu", "steps": 2}
    train(uri, tmp_path / "alone", **options)
    for parallel in ("ddp", "fsdp"):
        finished(train_on_ranks(2, uri, tmp_path / parallel, parallel=parallel, **options))
        assert losses(tmp_path / parallel) == pytest.approx(losses(tmp_path / "alone"), rel=1e-4)


def test_a_loss_that_is_not_a_number_stops_all_ranks(held_out: str, output: Path) -> None:
    train(held_out, output, steps=2, **OPTIONS)
    path = latest_checkpoint(output)
    assert path is not None
    poison(path)
    outcomes = train_on_ranks(2, held_out, output, steps=4, parallel="ddp", **OPTIONS)
    for outcome in outcomes:
        assert "TrainingDivergedError: loss nan" in str(outcome)
        assert "rows 12..17 (code, web)" in str(outcome)
    assert latest_checkpoint(output) == path
    assert load_state(path).step == 2


def fails_on_the_second(error: Exception) -> None:
    with started("cpu") as ranks:
        ranks.agree(lambda: ranks.rank)

        def work() -> None:
            if ranks.rank == 1:
                raise error

        ranks.agree(work)


def test_what_one_rank_finds_all_are_told() -> None:
    first, second, third = on_ranks(3, fails_on_the_second, ShardError("a shard is gone"))
    for outcome in (first, third):
        assert "RankFailedError: rank 1 failed with ShardError: a shard is gone" in str(outcome)
    assert "trainer.errors.ShardError: a shard is gone" in str(second)


def test_a_missing_shard_ends_all_ranks(tmp_path: Path) -> None:
    uri = make_mixture(tmp_path / "mixture", phases=(("main", 40),))
    (tmp_path / "mixture" / "shard-00001.parquet").unlink()
    outcomes = train_on_ranks(2, uri, tmp_path / "run", batch_rows=8, device="cpu", parallel="ddp")
    assert all("ShardError" in str(outcome) for outcome in outcomes)


def test_a_batch_that_ranks_cannot_share_is_refused(held_out: str, output: Path) -> None:
    outcomes = train_on_ranks(2, held_out, output, batch_rows=3, device="cpu")
    assert all("batch_rows 3 is not a positive multiple of the 2 ranks" in str(outcome) for outcome in outcomes)


def test_the_mode_is_chosen_by_size() -> None:
    tiny, big, two = find_preset("tiny"), find_preset("470m"), Ranks(0, 2)
    assert choose_mode("auto", tiny, 300, Ranks()) == choose_mode("auto", big, 300, Ranks()) == "none"
    assert (choose_mode("auto", tiny, 100_000, two), choose_mode("auto", big, 300, two)) == ("ddp", "fsdp")
    for asked, ranks, message in (
        ("none", two, "cannot train without"),
        ("ddp", Ranks(), "torchrun"),
        ("tpu", two, "unknown"),
    ):
        with pytest.raises(SettingError, match=message):
            choose_mode(asked, tiny, 300, ranks)


def test_a_half_set_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(SettingError, match="RANK, MASTER_ADDR, MASTER_PORT is not"), started("cpu"):
        pass
    monkeypatch.delenv("WORLD_SIZE")
    with started("cpu") as ranks:
        assert ranks == Ranks()

"""Whole runs: the loss falls along a known curve, and a stopped run goes on as if it had not been stopped."""

from pathlib import Path
from typing import Any

import pytest
import torch

from mixer.manifest import read_manifest
from tests.trainer.mixtures import make_mixture
from tests.trainer.runs import losses, metrics, poison, stop_after
from trainer import checkpoint as checkpoint_module
from trainer.errors import CheckpointMismatchError, RunBusyError, SettingError, TrainingDivergedError
from trainer.metrics import METRICS_NAME, StepMetrics
from trainer.model import Decoder
from trainer.presets import find_preset
from trainer.run_folder import locked
from trainer.train import main, train

# Steps 1, 5, 9, ... of 40 steps of 8 rows: made by this trainer; a change of model, loss, optimizer or order moves them.
GOLDEN_LOSSES = [5.6976, 5.3636, 5.0534, 4.7472, 4.4446, 4.0477, 4.1098, 3.8699, 3.7972, 3.8396]


def test_the_golden_loss_curve(tmp_path: Path) -> None:
    uri = make_mixture(tmp_path / "mixture", phases=(("main", 320),))
    result = train(uri, tmp_path / "run", batch_rows=8, seed=1, device="cpu")
    curve = losses(tmp_path / "run")
    assert curve[::4] == pytest.approx(GOLDEN_LOSSES, rel=5e-3)
    assert (result.first_loss, result.last_loss) == (curve[0], curve[-1])


def test_metrics_say_what_was_fed(mixture: str, output: Path) -> None:
    seen: list[StepMetrics] = []
    result = train(mixture, output, batch_rows=6, device="cpu", log=seen.append)
    lines = metrics(output)
    assert [line["step"] for line in lines] == [step.step for step in seen] == list(range(1, 11))
    assert lines[-1]["tokens"] == result.tokens == 60 * 32 == sum(result.source_tokens.values())
    assert lines[-1]["source_tokens"] == result.source_tokens == {"web": 40 * 32, "code": 20 * 32}
    assert [line["phase"] for line in lines] == ["main"] * 7 + ["cooldown"] * 3
    assert lines[-1]["learning_rate"] == pytest.approx(1e-6)  # the cooldown's end
    assert set(lines[0]["source_loss"]) == {"web", "code"}
    assert result.rows_left_over == 1


def test_padding_is_not_counted(padded_mixture: str, output: Path) -> None:
    result = train(padded_mixture, output, batch_rows=61, device="cpu", micro_batch_rows=8)
    promised = {source.name: source.actual_tokens for source in read_manifest(padded_mixture).sources}
    line = metrics(output)[-1]
    assert result.source_tokens == line["source_tokens"] == promised
    assert result.tokens == line["tokens"] == sum(promised.values()) < 61 * 32


@pytest.mark.parametrize(
    ("stopped_after", "name", "stay_inside_documents"),
    [(3, "mixture", False), (5, "mixture", False), (3, "padded_mixture", True)],
)
def test_a_stopped_run_goes_on_bit_for_bit(
    request: pytest.FixtureRequest, tmp_path: Path, stopped_after: int, name: str, stay_inside_documents: bool
) -> None:
    mixture: str = request.getfixturevalue(name)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    options: dict[str, Any] = {"steps": 8, "batch_rows": 5, "device": "cpu", "checkpoint_every": 2}
    options["stay_inside_documents"] = stay_inside_documents
    expected = train(mixture, whole, **options)
    with pytest.raises(KeyboardInterrupt):
        train(mixture, parts, log=stop_after(stopped_after), **options)
    assert len(losses(parts)) == stopped_after  # one step past the last checkpoint is logged, and logged again below
    resumed = train(mixture, parts, **options)
    assert resumed.resumed_from == stopped_after - 1
    assert losses(parts) == losses(whole)
    assert resumed.source_tokens == expected.source_tokens
    assert (resumed.first_loss, resumed.changed_settings) == (expected.first_loss, [])
    first, second = (checkpoint_module.load_weights(r.checkpoint) for r in (expected, resumed))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_finished_run_does_nothing_more(mixture: str, output: Path) -> None:
    train(mixture, output, steps=2, batch_rows=4, device="cpu")
    before = (output / METRICS_NAME).read_bytes()
    result = train(mixture, output, steps=2, batch_rows=4, device="cpu", log=stop_after(1))
    assert result.resumed_from == result.steps == 2
    assert (output / METRICS_NAME).read_bytes() == before


def test_a_longer_run_goes_on_and_says_what_changed(mixture: str, output: Path) -> None:
    train(mixture, output, steps=2, batch_rows=4, device="cpu")
    result = train(mixture, output, steps=4, batch_rows=2, device="cpu")
    assert result.changed_settings == ["batch_rows was 4, now 2", "micro_batch_rows was 4, now 2", "steps was 2, now 4"]
    assert [line["tokens"] for line in metrics(output)] == [4 * 32, 8 * 32, 10 * 32, 12 * 32]


def test_micro_batches_add_up_to_the_batch(mixture: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"steps": 3, "batch_rows": 5, "device": "cpu"}
    train(mixture, tmp_path / "whole", **options)
    train(mixture, tmp_path / "micro", micro_batch_rows=2, **options)
    assert losses(tmp_path / "micro") == pytest.approx(losses(tmp_path / "whole"), rel=1e-4)


def test_attention_across_documents_is_another_run(mixture: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"steps": 2, "batch_rows": 4, "device": "cpu"}
    train(mixture, tmp_path / "within", **options)
    train(mixture, tmp_path / "across", within_documents=False, **options)
    train(mixture, tmp_path / "inside", stay_inside_documents=True, **options)
    assert len({tuple(losses(tmp_path / folder)) for folder in ("within", "across", "inside")}) == 3


def test_a_loss_that_is_not_a_number_stops_the_run(mixture: str, output: Path) -> None:
    train(mixture, output, steps=1, batch_rows=4, device="cpu")
    path = checkpoint_module.latest_checkpoint(output)
    assert path is not None
    poison(path)
    with pytest.raises(TrainingDivergedError, match=r"loss nan.*rows 4\.\.7 \(code, web\).*Lower the learning rate"):
        train(mixture, output, steps=3, batch_rows=4, device="cpu")
    assert len(losses(output)) == 1
    assert checkpoint_module.latest_checkpoint(output) == path


def test_another_mixture_or_preset_is_refused(mixture: str, output: Path, tmp_path: Path) -> None:
    train(mixture, output, steps=1, batch_rows=4, device="cpu")
    other = make_mixture(tmp_path / "other", fingerprint="0" * 64)
    with pytest.raises(CheckpointMismatchError, match="mixture fingerprint was 'fff"):
        train(other, output, steps=2, batch_rows=4, device="cpu")
    with pytest.raises(SettingError, match="choose another output"):
        train(mixture, output, steps=2, batch_rows=4, device="cpu", resume=False)


def test_settings_that_cannot_work_are_refused(mixture: str, output: Path) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"steps": 16, "batch_rows": 4}, "16 steps of 4 rows are asked, the mixture's 61 rows give 15"),
        ({"batch_rows": 62}, "the mixture has 61"),
        ({"steps": 0}, "at least 1"),
        ({"batch_rows": 0}, "at least 1"),
        ({"steps": 1, "learning_rate": float("nan")}, "not a positive number"),
        ({"steps": 1, "device": "tpu"}, "choose auto, cpu or cuda"),
        ({"steps": 1, "preset": "giant"}, "choose one of tiny"),
        ({"steps": 1, "within_documents": False, "stay_inside_documents": True}, "choose one"),
    ]
    for options, message in wrong:
        with pytest.raises(SettingError, match=message):
            train(mixture, output, **options)
    with pytest.raises(FileNotFoundError, match="no file at"):
        train(str(output), output)


def test_two_processes_do_not_share_a_folder(mixture: str, output: Path) -> None:
    with locked(output), pytest.raises(RunBusyError, match="another process"):
        train(mixture, output, steps=1, batch_rows=4, device="cpu")


def test_the_command_line_trains_the_same_run(
    mixture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([mixture, "--steps", "2", "--batch-rows", "4", "--device", "cpu"]) == 0
    assert "tokens by source: web 192, code 64" in capsys.readouterr().out
    train(mixture, tmp_path / "direct", steps=2, batch_rows=4, device="cpu")
    assert losses(tmp_path / "build/runs/demo-ffffffffffff-tiny") == losses(tmp_path / "direct")
    inside = tmp_path / "inside"
    assert main([mixture, "--steps", "2", "--stay-inside-documents", "--output", str(inside), "--device", "cpu"]) == 0
    train(mixture, tmp_path / "direct inside", steps=2, stay_inside_documents=True, device="cpu")
    assert losses(inside) == losses(tmp_path / "direct inside")
    assert main([mixture, "--steps", "99", "--batch-rows", "4"]) == 1
    assert "ask for fewer steps" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([mixture, "--across-documents", "--stay-inside-documents"])


def test_the_first_loss_is_that_of_guessing() -> None:
    torch.manual_seed(0)
    model = Decoder(find_preset("tiny"), 300)
    logits = model(torch.arange(64)[None])
    spread = torch.nn.functional.cross_entropy(logits[0, :-1], torch.arange(1, 64))
    assert spread.item() == pytest.approx(5.7038, abs=0.15)  # ln 300

"""What a run shows and writes beside metrics and checkpoints."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from tests.trainer.mixtures import make_mixture
from trainer.errors import SettingError
from trainer.metrics import StepMetrics
from trainer.progress import LOG_EVERY, ProgressLine
from trainer.train import train


def finished_step(step: int, mfu: float | None) -> StepMetrics:
    return StepMetrics(
        step, 400, 2.5, {"web": 2.5}, 1e-3, 1.0, 4096 * step, 123456.0, mfu, "main", {"web": 4096 * step}
    )


def test_a_log_that_is_no_terminal_gets_a_line_now_and_then() -> None:
    written = io.StringIO()
    with ProgressLine(Console(file=written, width=200)) as line:
        for step in range(1, 2 * LOG_EVERY + 2):
            line(finished_step(step, 0.4567))
    lines = [text for text in written.getvalue().splitlines() if text.startswith("step ")]
    assert [text.split("  ")[0] for text in lines] == ["step 50 of 400", "step 100 of 400"]
    assert "loss 2.5000  lr 1.00e-03  123,456 tokens/s  45.7% MFU  main" in lines[0]
    assert lines[0].endswith(" s left")


def test_without_a_known_peak_there_is_no_mfu() -> None:
    written = io.StringIO()
    with ProgressLine(Console(file=written, width=200)) as line:
        line(finished_step(LOG_EVERY, None))
    assert "tokens/s  main" in written.getvalue()
    assert "MFU" not in written.getvalue()


def test_run_json_says_what_ran(mixture: str, output: Path) -> None:
    def check_first(metrics: StepMetrics) -> None:
        seen.append(json.loads((output / "run.json").read_text()))

    seen: list[dict[str, Any]] = []
    train(mixture, output, steps=2, batch_rows=4, device="cpu", weight_decay=0.2, checkpoint_every=1, log=check_first)
    record = json.loads((output / "run.json").read_text())
    assert record["mixture"] == mixture
    assert record["identity"]["mixture fingerprint"] == "f" * 64
    assert (record["settings"]["steps"], record["settings"]["weight_decay"]) == (2, 0.2)
    assert record["versions"]["torch"] == torch.__version__
    assert (record["device"], record["from"]) == ("cpu", None)
    assert [each["is_finished"] for each in [*seen, record]] == [False, False, True]
    assert [each["result"]["steps"] for each in [*seen, record]] == [1, 2, 2]
    assert record["result"]["checkpoint"] == "checkpoint-00000002"
    assert record["result"]["tokens"] == 8 * 32


def test_tensorboard_that_is_missing_is_named(mixture: str, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(SettingError, match=r"pip install 'mixdown\[tensorboard\]'"):
        train(mixture, output, steps=1, batch_rows=4, device="cpu", tensorboard=True)


def test_tensorboard_gets_the_curves_once(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the extra `tensorboard` is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    uri, output = make_mixture(tmp_path / "mixture"), tmp_path / "run"
    for steps in (2, 4):
        train(uri, output, steps=steps, batch_rows=4, device="cpu", tensorboard=True)
    curves = EventAccumulator(str(output / "tensorboard"))
    curves.Reload()
    assert {"loss", "learning_rate", "source_loss/web", "source_loss/code"} <= set(curves.Tags()["scalars"])
    assert [event.step for event in curves.Scalars("loss")] == [1, 2, 3, 4]

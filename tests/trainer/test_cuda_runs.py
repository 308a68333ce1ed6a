"""Runs on GPUs, where there are some: bfloat16 products, NCCL, and the same resumption."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer.runs import losses, train_on_ranks
from trainer.train import train

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here")
OPTIONS: dict[str, Any] = {"batch_rows": 6, "micro_batch_rows": 3, "schedule": "constant", "warmup_steps": 1}


def test_a_gpu_trains_what_the_cpu_trains(mixture: str, tmp_path: Path) -> None:
    train(mixture, tmp_path / "cpu", steps=6, device="cpu", **OPTIONS)
    result = train(mixture, tmp_path / "gpu", steps=6, device="cuda", **OPTIONS)
    assert result.device == "cuda"
    assert losses(tmp_path / "gpu") == pytest.approx(losses(tmp_path / "cpu"), rel=2e-2)


def test_a_stopped_run_goes_on_on_the_gpu(mixture: str, tmp_path: Path) -> None:
    train(mixture, tmp_path / "whole", steps=6, device="cuda", **OPTIONS)
    for steps in (3, 6):
        train(mixture, tmp_path / "parts", steps=steps, device="cuda", **OPTIONS)
    assert losses(tmp_path / "parts") == pytest.approx(losses(tmp_path / "whole"), rel=1e-3)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="two GPUs are needed")
@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_two_gpus_train_what_one_trains(mixture: str, tmp_path: Path, parallel: str) -> None:
    train(mixture, tmp_path / "one", steps=6, device="cuda", **OPTIONS)
    outcomes = train_on_ranks(2, mixture, tmp_path / "two", steps=6, device="cuda", parallel=parallel, **OPTIONS)
    assert all(isinstance(outcome, dict) for outcome in outcomes), outcomes
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=2e-2)

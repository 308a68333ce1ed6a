"""Runs of the trainer in tests: what they wrote, how they are stopped, and several ranks as real processes."""

import json
import multiprocessing
import os
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from tests.trainer.mixtures import VOCABULARY
from trainer.checkpoint import load_state, save_checkpoint
from trainer.checkpoint_tensors import restore_tensors
from trainer.metrics import METRICS_NAME, StepMetrics
from trainer.model import Decoder
from trainer.optimizer import make_optimizer
from trainer.presets import find_preset
from trainer.ranks import Ranks
from trainer.train import train


def metrics(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / METRICS_NAME).read_text().splitlines()]


def losses(output: Path) -> list[float]:
    return [line["loss"] for line in metrics(output)]


def stop_after(steps: int) -> Callable[[StepMetrics], None]:
    def log(step: StepMetrics) -> None:
        if step.step == steps:
            raise KeyboardInterrupt

    return log


def poison(path: Path) -> None:
    """Put a NaN into a checkpoint's weights."""
    model = Decoder(find_preset("tiny"), VOCABULARY)
    optimizer = make_optimizer(model)
    restore_tensors(path, model, optimizer, Ranks())
    with torch.no_grad():
        model.norm.weight[3] = float("nan")
    save_checkpoint(path.parent, load_state(path), model, optimizer)


def train_on_ranks(world: int, *arguments: Any, **options: Any) -> list[dict[str, Any] | str]:
    """Call `train` in `world` processes: each one's `TrainResult` as a dict, or its traceback."""
    return on_ranks(world, _train, *arguments, **options)


def _train(*arguments: Any, **options: Any) -> dict[str, Any]:
    return vars(train(*arguments, **options))


def on_ranks(world: int, call: Callable[..., Any], *arguments: Any, **options: Any) -> list[Any]:
    """Run `call` in `world` processes over gloo: what it returns in each of them, or its traceback.

    The processes are forked from one that has imported torch and nothing else: quick, and free of this one's threads.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["trainer.train", "torch.distributed.fsdp"])
    with tempfile.TemporaryDirectory() as folder:
        pipes = [context.Pipe(duplex=False) for _ in range(world)]
        processes = [
            context.Process(
                target=_rank,
                args=(rank, world, call, f"{folder}/meeting", pipes[rank][1], arguments, options),
                daemon=True,
            )
            for rank in range(world)
        ]
        for process in processes:
            process.start()
        outcomes = [pipe.recv() if pipe.poll(120) else "no answer in two minutes" for pipe, _ in pipes]
        for process in processes:
            process.join(30)
            process.kill()
    return outcomes


def _rank(
    rank: int, world: int, call: Callable[..., Any], meeting: str, pipe: Any, arguments: Any, options: Any
) -> None:
    torch.set_num_threads(1)
    os.environ["LOCAL_RANK"] = str(rank)
    backend = "cpu:gloo,cuda:nccl" if options.get("device") == "cuda" else "gloo"
    dist.init_process_group(backend, init_method=f"file://{meeting}", rank=rank, world_size=world)
    try:
        pipe.send(call(*arguments, **options))
        dist.destroy_process_group()
    except Exception:
        pipe.send(traceback.format_exc())

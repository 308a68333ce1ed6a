"""Killed between checkpoints and in the middle of one, a run goes on as if it had not been."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.mixtures import make_mixture
from tests.trainer.runs import losses, stop_after
from trainer.checkpoint import latest_checkpoint
from trainer.train import train

STEPS, BATCH_ROWS = 200, 2


def flags(output: Path, checkpoint_every: int) -> list[str]:
    asked = {
        "output": output,
        "steps": STEPS,
        "batch-rows": BATCH_ROWS,
        "device": "cpu",
        "checkpoint-every": checkpoint_every,
    }
    return [part for name, value in asked.items() for part in (f"--{name}", str(value))]


@contextmanager
def processes(world: int, arguments: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """`python -m trainer.train` as torchrun starts it, in `world` processes that are killed at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = []
    for rank in range(world):
        who = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        environment = os.environ | {name: str(value) for name, value in who.items()} | {"OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "trainer.train", *arguments]
        children.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL))
    try:
        yield children
    finally:
        for child in children:
            child.kill()
        for child in children:
            child.wait()


@pytest.mark.slow
@pytest.mark.parametrize("world", [1, 2])
def test_killed_in_the_middle_of_a_checkpoint(tmp_path: Path, world: int) -> None:
    uri = make_mixture(tmp_path / "mixture", phases=(("main", 400),))
    output = tmp_path / "run"
    with processes(world, [uri, *flags(output, 1)]) as children:
        leftover = freeze_while_writing(children, output)
    assert leftover.exists()
    newest = latest_checkpoint(output)
    assert newest is not None
    done = int(newest.name.split("-")[1])
    assert int(leftover.name[11:19]) == done + 1
    goes_on_as_if_nothing_had_been(uri, tmp_path, done, world)
    assert not leftover.exists()


@pytest.mark.slow
def test_killed_between_checkpoints(tmp_path: Path) -> None:
    uri = make_mixture(tmp_path / "mixture", phases=(("main", 400),))
    output = tmp_path / "run"
    with processes(1, [uri, *flags(output, 4)]):
        deadline = time.monotonic() + 120
        while not (output / "metrics.jsonl").exists() or len(losses(output)) < 6:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    newest = latest_checkpoint(output)
    assert newest is not None
    goes_on_as_if_nothing_had_been(uri, tmp_path, int(newest.name.split("-")[1]))


def test_a_rank_that_is_killed_ends_the_others(tmp_path: Path) -> None:
    uri = make_mixture(tmp_path / "mixture", phases=(("main", 400),))
    output = tmp_path / "run"
    with processes(2, [uri, *flags(output, 100)]) as children:
        deadline = time.monotonic() + 120
        while not (output / "metrics.jsonl").exists() or len(losses(output)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        children[1].kill()
        assert children[0].wait(60) != 0


@pytest.mark.slow
def test_torchrun_starts_a_killed_run_again(tmp_path: Path) -> None:
    uri = make_mixture(tmp_path / "mixture", phases=(("main", 400),))
    output, steps = tmp_path / "run", 40
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    run = ["-m", "trainer.train", uri, *flags(output, 5), "--steps", str(steps)]
    agent = subprocess.Popen([*torchrun, "--max-restarts", "1", *run], env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        deadline = time.monotonic() + 120
        while not (output / "metrics.jsonl").exists() or len(losses(output)) < 7:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        children = Path(f"/proc/{agent.pid}/task/{agent.pid}/children").read_text().split()
        os.kill(int(children[-1]), signal.SIGKILL)
        assert agent.wait(120) == 0
    finally:
        agent.terminate()
        agent.wait()
    options: dict[str, Any] = {"steps": steps, "batch_rows": BATCH_ROWS, "device": "cpu"}
    train(uri, tmp_path / "whole", **options)
    assert losses(output) == pytest.approx(losses(tmp_path / "whole"), rel=1e-2)


def goes_on_as_if_nothing_had_been(uri: str, folder: Path, done: int, world: int = 1) -> None:
    """Resumed by one process, the losses are those of a run by one process that was never stopped; after one bit for
    bit."""
    options = {"steps": STEPS, "batch_rows": BATCH_ROWS, "device": "cpu"}
    for output, checkpoint_every in ((folder / "run", 1), (folder / "whole", 200)):
        with pytest.raises(KeyboardInterrupt):
            train(uri, output, log=stop_after(done + 3), checkpoint_every=checkpoint_every, **options)  # type: ignore[arg-type]
    if world == 1:
        assert losses(folder / "run") == losses(folder / "whole")
    assert losses(folder / "run") == pytest.approx(losses(folder / "whole"), rel=1e-3)


def freeze_while_writing(children: list[subprocess.Popen[bytes]], output: Path) -> Path:
    """Stop the children at a moment when a half-written checkpoint lies beside a whole one; returns the former."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and all(child.poll() is None for child in children):
        if any(half_written(output)) and latest_checkpoint(output) is not None:
            for child in children:
                child.send_signal(signal.SIGSTOP)
            time.sleep(0.01)
            if found := half_written(output):
                return found[0]
            for child in children:
                child.send_signal(signal.SIGCONT)
        time.sleep(0.001)
    raise AssertionError(f"no checkpoint was caught half-written (children ended with {[c.poll() for c in children]})")


def half_written(output: Path) -> list[Path]:
    return list(output.glob("checkpoint-????????.tmp"))

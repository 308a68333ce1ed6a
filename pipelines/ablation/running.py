"""An ablation's runs: a process each, several at once; what is done is not done again, what was stopped goes on."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mixer import storage
from mixer.manifest import read_manifest
from pipelines.ablation.slots import Slot

POLL_SECONDS = 0.2
VALIDATION_LOG = "validation.jsonl"
LAST_LINES = 5  # of a failed run's log, for the error


class Run(NamedTuple):
    """One model to train."""

    name: str
    folder: Path
    manifest_uri: str
    seed: int


class RunFailed(RuntimeError):
    """A run's process ended with an error."""


def run_all(runs: Sequence[Run], arguments: Sequence[str], places: Sequence[Slot], say: Callable[[str], None]) -> int:
    """Train every run that is not done, and return how many that were; RunFailed after the others have ended."""
    waiting = [run for run in runs if not is_done(run, arguments)]
    if len(waiting) < len(runs):
        say(f"{len(runs) - len(waiting)} of {len(runs)} runs are done already")
    failed: list[str] = []
    started = time.monotonic()
    with _processes() as running:
        free, at_work, next_run = list(places), dict[int, tuple[Run, Slot]](), 0
        while next_run < len(waiting) or running:
            while free and next_run < len(waiting) and not failed:
                run, slot = waiting[next_run], free.pop()
                running[next_run], at_work[next_run] = _start(run, arguments, slot), (run, slot)
                next_run += 1
            time.sleep(POLL_SECONDS)
            for number in [number for number, process in running.items() if process.poll() is not None]:
                run, slot = at_work.pop(number)
                code = running.pop(number).returncode
                free.append(slot)
                failed += [f"{run.name} ended with {code}: {_last_lines(run)}"] if code else []
                say(f"{run.name:<24} {'failed' if code else 'done'} {time.monotonic() - started:8.1f} s")
            if failed and not running:
                break
    if failed:
        raise RunFailed("; ".join(failed) + ". Mend it and run the same command: what is done stays")
    return len(waiting)


def is_done(run: Run, arguments: Sequence[str]) -> bool:
    """Whether the run has reached the end of its mixture, with the arguments and the mixture that are asked."""
    note = run.folder / "asked.json"
    if not note.exists() or json.loads(note.read_text(encoding="utf-8")) != _asked(run, arguments):
        return False
    return (run.folder / "done").exists() and (run.folder / VALIDATION_LOG).exists()


def _asked(run: Run, arguments: Sequence[str]) -> dict[str, object]:
    fingerprint = read_manifest(run.manifest_uri).fingerprint
    return {"mixture": fingerprint, "seed": run.seed, "arguments": list(arguments)}


def _start(run: Run, arguments: Sequence[str], slot: Slot) -> "subprocess.Popen[bytes]":
    run.folder.mkdir(parents=True, exist_ok=True)
    note, asked = run.folder / "asked.json", _asked(run, arguments)
    if note.exists() and json.loads(note.read_text(encoding="utf-8")) != asked:
        raise RunFailed(f"{run.folder} holds a run of another mixture or other settings: choose another --output")
    storage.write_bytes(str(note), json.dumps(asked).encode())
    (run.folder / "done").unlink(missing_ok=True)
    command = [sys.executable, "-m", "pipelines.ablation.one_run", str(run.folder), run.manifest_uri, "--seed"]
    with (run.folder / "output.log").open("ab") as log:
        return subprocess.Popen(
            [*command, str(run.seed), *arguments],
            env=os.environ | slot.environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )


@contextmanager
def _processes() -> "Iterator[dict[int, subprocess.Popen[bytes]]]":
    """The processes that run; none of them outlives the block."""
    running: dict[int, subprocess.Popen[bytes]] = {}
    try:
        yield running
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait()


def _last_lines(run: Run) -> str:
    lines = (run.folder / "output.log").read_text(encoding="utf-8", errors="replace").splitlines()
    return " / ".join(lines[-LAST_LINES:])[-500:]

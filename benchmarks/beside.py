"""A peer's program in an environment of its own beside ours in this process, by turns, over the same documents."""

import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.harness import cpu_seconds, print_result
from benchmarks.peers import NotInstalled, python_of

ROOT = Path(__file__).resolve().parent.parent
# Of every peer: one thread, nothing fetched, no bars of progress.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
    "PYTHONPATH": str(ROOT),
    "PYTHONWARNINGS": "ignore",
}


def with_peer(name: str, requirements: tuple[str, ...], compare: Callable[[str], None]) -> None:
    """Call `compare` with the interpreter of the peer's environment, or print why there is none."""
    try:
        python = python_of(name, *requirements)
    except NotInstalled as error:
        print(f"{name} is not compared, for it does not install: {error}")
        print_result(f"beside {name}", 0.0, error=str(error))
        return
    compare(python)


def answer(python: str, module: str, request: Mapping[str, object]) -> Any:
    """What `benchmarks.MODULE` prints as its last line, which is JSON; it is given a file with `request`."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "request.json"
        asked.write_text(json.dumps(request), encoding="utf-8")
        command = [python, "-m", f"benchmarks.{module}", str(asked)]
        found = subprocess.run(
            command, capture_output=True, text=True, check=False, env=os.environ | ENVIRONMENT | {"TMPDIR": folder}
        )
    if found.returncode:
        raise RuntimeError(f"{' '.join(command)}: {found.stderr[-3000:]}")
    return json.loads(found.stdout.strip().splitlines()[-1])


def by_turns(
    ours: Callable[[], object], theirs: Callable[[], dict[str, Any]], rounds: int, our_times: int
) -> tuple[float, float, dict[str, Any]]:
    """Median CPU seconds of ours, run `our_times` at once and divided, and of theirs; and their last answer.

    `theirs` says its own `seconds`, so that the start of its interpreter is left out; ours is warm as well.
    """
    ours()
    our_seconds, their_seconds, found = [], [], {}
    for _ in range(rounds):
        before = cpu_seconds()
        for _ in range(our_times):
            ours()
        our_seconds.append((cpu_seconds() - before) / our_times)
        found = theirs()
        their_seconds.append(float(found["seconds"]))
    return statistics.median(our_seconds), statistics.median(their_seconds), found


def print_speeds(name: str, text_mb: float, ours: float, theirs: float) -> float:
    """Print MB per CPU second of both; the ratio: how many times as fast ours is."""
    print(
        f"{name}, {text_mb:.1f} MB: ours {text_mb / ours:.2f} MB per CPU second, theirs {text_mb / theirs:.3f}, "
        f"ratio {theirs / ours:.2f}",
        flush=True,
    )
    return theirs / ours

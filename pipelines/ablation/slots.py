"""Where runs may run at once: on the GPUs, or on so many threads of the CPU each."""

import os
import subprocess
import sys
from itertools import cycle, islice
from typing import NamedTuple

from pipelines.recipe_keys.problems import RecipeError

CPU_THREADS = 1  # a tiny model gains little from a second; two runs side by side do


class Slot(NamedTuple):
    """A place for one run: what its process finds in its environment."""

    name: str
    environment: dict[str, str]


def slots(device: str, parallel: int | None) -> list[Slot]:
    """The places of this machine: `parallel` of them, by default one on each GPU or core.

    More places than GPUs share them: a tiny model leaves most of a GPU idle.
    """
    gpus = [] if device == "cpu" else visible_gpus()
    if device == "cuda" and not gpus:
        raise RecipeError("--device cuda is asked, and torch finds no GPU here: choose cpu or auto")
    if gpus:
        shared = islice(cycle(gpus), parallel or len(gpus))
        return [Slot(f"GPU {gpu}", {"CUDA_VISIBLE_DEVICES": gpu}) for gpu in shared]
    count = parallel or max(1, len(os.sched_getaffinity(0)) // CPU_THREADS)
    # The number of threads decides the last bits of every sum: it is the same whatever runs beside.
    threads = {"OMP_NUM_THREADS": str(CPU_THREADS), "MKL_NUM_THREADS": str(CPU_THREADS)}
    return [Slot(f"CPU {number}", threads | {"CUDA_VISIBLE_DEVICES": ""}) for number in range(count)]


def visible_gpus() -> list[str]:
    """The GPUs that a child process may be given, by the names that CUDA_VISIBLE_DEVICES takes."""
    asked = os.environ.get("CUDA_VISIBLE_DEVICES")
    if asked is not None:
        return [gpu for gpu in asked.split(",") if gpu.strip()]
    # In a process of its own: torch takes seconds and gigabytes that this one has no use for.
    code = "import torch; print(torch.cuda.device_count())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    count = found.stdout.strip()
    return [str(gpu) for gpu in range(int(count))] if count.isdigit() else []

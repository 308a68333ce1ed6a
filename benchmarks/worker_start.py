"""Start of a worker: a fresh process imports what `annotate` runs and measures its first small batches.

Text and code, with what is measured by default for each, MinHash and content hash included. Kernels are warm.
Printed are CPU seconds, each the median of several processes, and the ratio of the whole to the two seconds aimed at:

- `python`: the interpreter, and this file;
- `numpy, arrow`, `numba`, `pandas`: importing them; Arrow imports pandas at its first array, to see whether
  it is given a Series;
- `imports`: what else `pipelines.steps.annotate` needs;
- `tables`: the model of languages, phrases, word tables, and whatever else a group builds once;
- `kernels`: reading compiled kernels and making them ready;
- `measuring`: the same batches a second time. Numba's own tables, where something loads them, count as `tables`.
"""

import json
import statistics
import subprocess
import sys
import time
from typing import Any

from benchmarks.harness import machine, print_result

AIM_SECONDS = 2.0
TEXT = "The quick brown fox jumps over the lazy dog, and nobody saw it.\n" * 5


def run(quick: bool) -> None:
    """Print the parts of a start."""
    print(machine())
    for module in ("quality.warm", "dedup.warm"):
        subprocess.run([sys.executable, "-m", module], check=True)
    runs = [_started() for _ in range(3 if quick else 9)]
    parts = {name: round(statistics.median(found[name] for found in runs), 3) for name in runs[0]}
    print_result("worker start", parts["total"] / AIM_SECONDS, **parts)


def _started() -> dict[str, float]:
    command = [sys.executable, "-c", "from benchmarks import worker_start; worker_start.start()"]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def start() -> None:
    """Start as a worker does, and print the seconds of each part as JSON."""
    began = time.process_time()
    import pyarrow.compute

    arrow = time.process_time()
    from numba.core.caching import CompileResultCacheImpl, IndexDataCacheFile

    compiled = time.process_time()
    pyarrow.array([1])
    pandas = time.process_time()
    from pipelines.steps.annotate import annotated  # noqa: F401

    imported = time.process_time()
    kernels = [0.0]
    for owner, name in ((IndexDataCacheFile, "load"), (CompileResultCacheImpl, "rebuild")):
        setattr(owner, name, _timed(getattr(owner, name), kernels))
    _measure_both()
    first = time.process_time()
    _measure_both()
    measuring = time.process_time() - first
    parts = {
        "total": first,
        "python": began,
        "numpy, arrow": arrow - began,
        "numba": compiled - arrow,
        "pandas": pandas - compiled,
        "imports": imported - pandas,
        "kernels": kernels[0],
        "tables": first - imported - kernels[0] - measuring,
        "measuring": measuring,
    }
    print(json.dumps(parts))


def _timed(function: Any, spent: list[float]) -> Any:
    def timed(*arguments: Any) -> Any:
        before = time.process_time()
        try:
            return function(*arguments)
        finally:
            spent[0] += time.process_time() - before

    return timed


def _measure_both() -> None:
    import pyarrow as pa

    from dedup.settings import DedupSettings
    from pipelines.document import MARK_TYPE
    from pipelines.steps.annotate import KNOWN_COLUMNS, annotated
    from quality.signal_group import signal_groups

    columns = {"doc_id": pa.array(["a"]), "text": pa.array([TEXT]), "marks": pa.nulls(1, pa.list_(MARK_TYPE))}
    documents = pa.table(columns | {name: pa.nulls(1, pa.string()) for name in KNOWN_COLUMNS})
    for kind in ("text", "code"):
        groups = {group.name: group.settings() for group in signal_groups().values() if kind in group.measured_for}
        annotated(documents, groups, DedupSettings())

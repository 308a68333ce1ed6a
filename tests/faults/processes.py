"""Processes that die: a worker, the driver, an executor, a task's Python."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from tests.faults.bench import Bench, until_running, until_started
from tests.faults.job import Job
from tests.faults.scenario import Scenarios
from tests.services.processes import descendants, kill_group, wait_for

PROCESSES = Scenarios()


def command_of(pid: int) -> str:
    """Its command line; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def started_by(bench: Bench, what: str) -> list[int]:
    """Processes below the cluster's workers whose command line has `what`, youngest last."""
    found = [pid for worker in bench.cluster.workers for pid in descendants(worker.pid) if what in command_of(pid)]
    return sorted(found)


def kill_one(bench: Bench, what: str, run: Job) -> None:
    """Wait for such a process and end it as the kernel ends the largest one when memory is short: SIGKILL."""
    wait_for(what, lambda: bool(started_by(bench, what)) or not run.is_running())
    assert run.is_running(), "the run was over before it could be disturbed"
    os.kill(started_by(bench, what)[-1], signal.SIGKILL)


@PROCESSES("worker killed in dedup", quick=True)
def worker_killed(bench: Bench) -> str:
    lake = bench.lake("worker")
    run = bench.start(lake)
    until_running(run, lake, "decide")
    kill_group(bench.cluster.workers.pop(0))
    assert run.wait() == 0, run.text()[-3000:]
    bench.compare(lake)
    bench.cluster.add_worker()
    return "the other worker did its tasks again; the run went on"


def driver_killed(bench: Bench, stage: str, before: str | None) -> str:
    lake = bench.lake(f"driver-{stage}")
    run = bench.start(lake)
    if before is None:
        until_started(run, lake)
    else:
        until_running(run, lake, before)
    run.kill()
    bench.nothing_wrong_is_visible(lake)
    bench.finish(lake)
    return "the same command went on where the last stage had been published"


@PROCESSES("driver killed (kill -9) in ingest")
def driver_killed_in_ingest(bench: Bench) -> str:
    return driver_killed(bench, "ingest", None)


@PROCESSES("driver killed in annotate")
def driver_killed_in_annotate(bench: Bench) -> str:
    return driver_killed(bench, "annotate", "ingest")


@PROCESSES("driver killed in dedup", quick=True)
def driver_killed_in_dedup(bench: Bench) -> str:
    return driver_killed(bench, "dedup", "decide")


@PROCESSES("driver killed in tokenize")
def driver_killed_in_tokenize(bench: Bench) -> str:
    return driver_killed(bench, "tokenize", "dedup")


@PROCESSES("driver killed in mix")
def driver_killed_in_mix(bench: Bench) -> str:
    return driver_killed(bench, "mix", "tokenize")


def killed_for_memory(bench: Bench, what: str, before: str) -> None:
    """Such a process is killed behind the stage `before`; the run goes on, to the same bytes."""
    lake = bench.lake(f"killed-{what}")
    run = bench.start(lake)
    until_running(run, lake, before)
    kill_one(bench, what, run)
    assert run.wait() == 0, run.text()[-3000:]
    bench.compare(lake)


@PROCESSES("out of memory: the kernel kills a task's Python", quick=True)
def python_killed(bench: Bench) -> str:
    killed_for_memory(bench, "pyspark.daemon", "ingest")
    return "Spark did the task again; the run went on"


@PROCESSES("out of memory: the kernel kills an executor")
def executor_killed(bench: Bench) -> str:
    killed_for_memory(bench, "CoarseGrainedExecutorBackend", "decide")
    return "its worker started another; the run went on"


@PROCESSES("out of memory: the kernel kills Python at every try")
def python_killed_always(bench: Bench) -> str:
    lake = bench.lake("python-always")
    run = bench.start(lake)
    until_running(run, lake, "ingest")
    while run.is_running():
        for pid in started_by(bench, "pyspark.daemon"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
    message = last_message(run)
    assert "memory" in message, message
    bench.nothing_wrong_is_visible(lake)
    bench.finish(lake)
    return f"stopped: `{message}`; left alone the same command finished"


@PROCESSES("out of memory: Python may not have what it asks for")
def python_limited(bench: Bench) -> str:
    lake = bench.lake("limited")
    run = bench.start(lake, settings={"spark.executor.pyspark.memory": "160m"})  # RLIMIT_AS
    code = run.wait()
    assert code != 0, "160 MB were enough"
    message = last_message(run)
    bench.nothing_wrong_is_visible(lake)
    bench.finish(lake)
    return f"stopped: `{message}`; without the limit the same command finished"


def last_message(run: Job) -> str:
    """The one message that the command ended with; AssertionError when it was a stack."""
    # That a full disk takes no log of the run either is said besides.
    told = (line for line in run.text().splitlines() if line.startswith("mixdown: "))
    lines = [line for line in told if "no log of this run is kept" not in line]
    assert len(lines) == 1, f"no one message:\n{run.text()[-3000:]}"
    assert run.process.returncode == 2
    assert "Traceback" not in run.text(), run.text()[-3000:]
    return lines[0].removeprefix("mixdown: ")

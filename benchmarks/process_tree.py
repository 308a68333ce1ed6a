"""What a command costs with all its descendants: Spark's JVM and Python workers do most of the work.

`getrusage` misses both. The JVM outlives the process that started it and is nobody's finished child; Spark's worker
daemon ignores the deaths of its workers, and the kernel then adds their time to nobody. So the command gets a session
of its own, and until the session's last process is gone, /proc is asked every 50 ms what each has used. What a process
uses after it was last asked is lost: at most 50 ms of each. Of a command without such descendants `wait4` knows the
time exactly; it is the larger number then.
"""

import os
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05
MOST_SHUTDOWN_SECONDS = 60.0  # a JVM that is alive this long after its driver is stuck
MIXDOWN = str(Path(sys.executable).parent / "mixdown")


@dataclass(frozen=True)
class Cost:
    """Of one command: wall-clock time until it ended, CPU time of all its processes, peak memory of the first."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def run_tree(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run the command to its end and that of its descendants; RuntimeError with its output when it fails.

    `environment` is added to this process's own.
    """
    if not Path("/proc/self/stat").exists():
        raise RuntimeError("CPU time of all descendants is read from /proc: run this benchmark on Linux")
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | (environment or {}),
        )
        session = _Session(process.pid)
        status, usage = session.wait()
        wall_seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        session.wait_for_the_rest()
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text}")
    seconds = max(usage.ru_utime + usage.ru_stime, session.cpu_seconds())
    return Cost(wall_seconds, seconds, usage.ru_maxrss << 10, text)


class _Session:
    """The processes of a session, by the id of its first."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._used_ticks: dict[int, int] = {}  # process -> CPU time when last asked

    def cpu_seconds(self) -> float:
        """Of all processes that were ever seen."""
        return sum(self._used_ticks.values()) / os.sysconf("SC_CLK_TCK")

    def wait(self) -> tuple[int, "resource.struct_rusage"]:
        """Until the first process ends: its status, and what it and the children that it waited for have used."""
        ended = os.pidfd_open(self._session)
        try:
            while True:
                self._ask()
                if select.select([ended], [], [], SAMPLE_SECONDS)[0]:
                    _, status, usage = os.wait4(self._session, 0)
                    return status, usage
        finally:
            os.close(ended)

    def wait_for_the_rest(self) -> None:
        """Until the last process ends; RuntimeError when that takes too long."""
        deadline = time.monotonic() + MOST_SHUTDOWN_SECONDS
        while alive := self._ask():
            if time.monotonic() > deadline:
                raise RuntimeError(f"processes {alive} did not end with the command that started them")
            time.sleep(SAMPLE_SECONDS)

    def _ask(self) -> list[int]:
        """Note what every process has used; returns those that are not dead. The fields are those of proc(5)."""
        alive = []
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                fields = Path(f"/proc/{name}/stat").read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            state, session, user_ticks, system_ticks = fields[0], int(fields[3]), int(fields[11]), int(fields[12])
            if session == self._session:
                self._used_ticks[int(name)] = user_ticks + system_ticks
                if state != "Z":
                    alive.append(int(name))
        return alive

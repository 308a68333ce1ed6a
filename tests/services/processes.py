"""Real servers for tests: started in groups of their own, waited for, ended with all that they started."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

WAIT_SECONDS = 180


class NotUp(RuntimeError):
    """A server did not become ready; the message has the end of its log."""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


def wait_for(what: str, is_there: Callable[[], bool], seconds: float = WAIT_SECONDS, every: float = 0.1) -> None:
    """Return as soon as `is_there()`, asked `every` so many seconds; NotUp after `seconds`."""
    end = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > end:
            raise NotUp(f"waited {seconds:.0f} s for {what}")
        time.sleep(every)


def kill_group(process: "subprocess.Popen[bytes]", number: int = signal.SIGKILL) -> None:
    """Signal a process and what it started (a worker's executors, and their Python workers), and wait for it."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
    process.wait()


def kill_tree(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and its descendants, also those that lead groups of their own (Airflow's tasks)."""
    for descendant in reversed(descendants(process.pid)):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(descendant, signal.SIGKILL)
    kill_group(process)


def descendants(process_id: int) -> list[int]:
    """Process ids below one, parents first."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            parent = int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found: list[int] = []
    pending = [process_id]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


class Group:
    """Processes that end together, with one log file."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
        """Start `command` in `/`, so that it finds nothing by its working directory."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                list(command),
                env=dict(os.environ if environment is None else environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd="/",
            )
        self.processes.append(process)
        return process

    def text(self) -> str:
        """The log so far."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


@contextmanager
def group(log: Path) -> Iterator[Group]:
    """A group whose processes are killed at the end, whatever happened."""
    processes = Group(log)
    try:
        yield processes
    except NotUp as error:
        raise NotUp(f"{error}; the end of {log}:\n{processes.text()[-2000:]}") from error
    finally:
        for process in processes.processes:
            kill_group(process)

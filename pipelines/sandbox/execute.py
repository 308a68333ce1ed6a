"""Runs a solution against its tests in the sandbox and brings back the verdict.

The calling process trusts nothing that comes back: it reads a bounded message from a pipe that only the launcher and
the judge have, and waits until every process of the run is gone.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from pipelines.sandbox.inside import wire
from pipelines.sandbox.interpreter import readable_paths
from pipelines.sandbox.limits import VERDICTS, Finding, Limits, Program

# By import and not by its path: the packages may have come in a zip.
LAUNCHER = f"""
import sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
from pipelines.sandbox.inside.launch import main
main(int(sys.argv[1]))
"""
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
MAX_ANSWER_BYTES = 64 << 10
GRACE_SECONDS = 30.0  # for the launcher, after its processes were killed
POLL_SECONDS = 0.05


class SandboxError(OSError):
    """The sandbox could not be set up, whatever the program was."""


def execute(program: Program, limits: Limits, isolation: str) -> Finding:
    """The verdict on `program`, confined as `isolation` says; SandboxError where that cannot be had."""
    folder = tempfile.mkdtemp(prefix="mixdown-sandbox-")
    try:
        if isolation != "namespaces" and os.getuid() == 0:
            os.chmod(folder, 0o777)  # noqa: S103 - root's solutions run as another user
        with tempfile.TemporaryFile() as work:
            _write_work(work, program, limits, isolation, folder)
            return _run(work, limits, folder, isolation)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_work(work: IO[bytes], program: Program, limits: Limits, isolation: str, folder: str) -> None:
    setup = {
        "isolation": isolation,
        "readable": list(readable_paths()),
        "folder": folder,
        "cpu_seconds": limits.cpu_seconds,
        "memory_bytes": limits.memory_bytes,
        "file_bytes": limits.file_bytes,
        "scratch_bytes": limits.scratch_bytes,
        "open_files": limits.open_files,
    }
    for message in (setup, program.solution, (program.tests, program.entry_point)):
        data = wire.encode(message)
        work.write(len(data).to_bytes(4, "big") + data)
    work.seek(0)


def _run(work: IO[bytes], limits: Limits, folder: str, isolation: str) -> Finding:
    reading, writing = os.pipe()
    with open(os.devnull, "r+b") as null, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-S", "-s", "-P", "-c", LAUNCHER, str(writing), folder],
            stdin=work,
            stdout=null,
            stderr=errors,
            env=ENVIRONMENT,
            cwd="/",
            pass_fds=(writing,),
            start_new_session=True,
        )
        os.close(writing)
        try:
            watched = None if isolation == "namespaces" else folder
            answer, ended_by = _answer(reading, limits, watched)
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_SECONDS)
        finally:
            os.close(reading)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if ended_by is not None:
            return ended_by
        errors.seek(0)
        problem = errors.read(MAX_ANSWER_BYTES).decode("utf-8", "replace").strip()[-500:]
        if len(answer) < 8 or problem:  # written before any foreign code ran
            raise SandboxError(problem or "it did not start")
        return _finding(answer[8:])


def _answer(reading: int, limits: Limits, watched: str | None) -> tuple[bytes, Finding | None]:
    """What comes over the pipe until its end, and a finding where the run had to be ended."""
    deadline = time.monotonic() + limits.wall_seconds
    answer = b""
    ended_by = None
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    while True:
        wait_seconds = max(0.0, deadline - time.monotonic())
        if poll.poll(1000 * (min(wait_seconds, POLL_SECONDS) if watched else wait_seconds)):
            part = os.read(reading, MAX_ANSWER_BYTES)
            answer = (answer + part)[:MAX_ANSWER_BYTES]
            if not part:
                return answer, ended_by
            continue
        if ended_by is not None:
            return answer, ended_by
        if time.monotonic() >= deadline:
            ended_by = Finding("timeout", "wall time")
        elif watched and _bytes_in(watched) > limits.scratch_bytes:
            ended_by = Finding("forbidden", "over the scratch folder's size")
        if ended_by is not None:
            _kill_group(int.from_bytes(answer[:8], "big") if len(answer) >= 8 else 0)
            deadline = time.monotonic() + GRACE_SECONDS
            watched = None


def _kill_group(judge_pid: int) -> None:
    """Ends judge and solution; the launcher collects them and goes."""
    if judge_pid > 1:
        with suppress(ProcessLookupError):
            os.killpg(judge_pid, signal.SIGKILL)


def _bytes_in(folder: str) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:
                continue
    return total


def _finding(message: bytes) -> Finding:
    """The verdict of a message, which is checked: its writer ran beside foreign code."""
    size_bytes = int.from_bytes(message[:4], "big")
    try:
        value = wire.decode(message[4 : 4 + size_bytes])
    except wire.WireError:
        return Finding("crashed", "the judge gave no verdict")
    match value:
        case (str(verdict), str(detail)) if verdict in VERDICTS:
            return Finding(verdict, detail)
    return Finding("crashed", "the judge gave no verdict")

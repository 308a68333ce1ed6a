"""Native code in a child process with limits, so that no text can hang the worker, crash it or take its memory.

Nothing interrupts native code, and some texts cost a parser exponential time or gigabytes. The limit is of CPU time,
not wall-clock time: a busy machine must not change what is kept.
"""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO

LENGTH_BYTES = 8


class ChildEnded(Exception):
    """The child ended before it answered; `exit_code` is negative for a signal: -SIGPROF when its CPU time was up."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(f"the child ended with {exit_code}")
        self.exit_code = exit_code


class LimitedProcess:
    """A child that answers one message after another; it is started when needed, and again after it ended.

    `serve` is the statement that the child runs, which ends in a call of `answer_messages`.
    """

    def __init__(self, serve: str) -> None:
        self._serve = serve
        self._child: subprocess.Popen[bytes] | None = None
        self._max_cpu_seconds = 0.0
        self._parent_pid = 0

    def answer(self, message: bytes, max_cpu_seconds: float) -> bytes:
        """What the child makes of a message; raises ChildEnded."""
        child = self._running_child(max_cpu_seconds)
        try:
            _send(child.stdin, message)
            return _receive(child.stdout)
        except (BrokenPipeError, EOFError):
            self.close()
            raise ChildEnded(child.returncode) from None

    def close(self) -> None:
        """Ends the child; a later message starts a new one."""
        child, self._child = self._child, None
        if child is None or self._parent_pid != os.getpid():
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        child.wait()

    def _running_child(self, max_cpu_seconds: float) -> "subprocess.Popen[bytes]":
        if self._max_cpu_seconds != max_cpu_seconds:
            self.close()
        if self._child is None or self._parent_pid != os.getpid():  # after a fork the child is the other process's
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-c", self._serve, str(max_cpu_seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
            self._parent_pid = os.getpid()
            self._max_cpu_seconds = max_cpu_seconds
        return self._child


def answer_messages(answer: Callable[[bytes], bytes], max_memory_bytes: int) -> None:
    """The child's loop: a message from stdin, its answer to stdout, until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when the child ends
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # not every system limits address space
        resource.setrlimit(resource.RLIMIT_AS, (max_memory_bytes, max_memory_bytes))
    max_cpu_seconds = float(sys.argv[1])
    with suppress(EOFError, BrokenPipeError):
        while True:
            message = _receive(sys.stdin.buffer)
            signal.setitimer(signal.ITIMER_PROF, max_cpu_seconds)
            answered = answer(message)
            signal.setitimer(signal.ITIMER_PROF, 0)
            _send(sys.stdout.buffer, answered)


def _send(pipe: IO[bytes] | None, message: bytes) -> None:
    assert pipe is not None  # noqa: S101 (both ends are opened as pipes)
    pipe.write(len(message).to_bytes(LENGTH_BYTES))
    pipe.write(message)
    pipe.flush()


def _receive(pipe: IO[bytes] | None) -> bytes:
    assert pipe is not None  # noqa: S101
    size = int.from_bytes(_read_exactly(pipe, LENGTH_BYTES))
    return _read_exactly(pipe, size)


def _read_exactly(pipe: IO[bytes], size_bytes: int) -> bytes:
    data = pipe.read(size_bytes)
    if len(data) < size_bytes:
        raise EOFError
    return data

"""Python's parser in a child process, so that no text can hang the worker, crash it or take its memory.

The parser is native code that nothing interrupts, and some texts cost it exponential time. The limit is of CPU time,
not wall-clock time: a busy machine must not change what is kept.
"""

import atexit
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO

from quality.python_parser.verdicts import verdict

UNPARSED = "unparsed"  # took too long or ended the child
MAX_MEMORY_BYTES = 2 << 30
LENGTH_BYTES = 8
SERVE = "from quality.python_parser.process import serve; serve()"


class ParserProcess:
    """A child that parses one text after another; it is started when needed, and again after it ended."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._max_cpu_seconds = 0.0
        self._parent_pid = 0

    def verdict(self, text: bytes, max_cpu_seconds: float) -> str:
        """`verdict` of a text in UTF-8, or UNPARSED."""
        child = self._running_child(max_cpu_seconds)
        try:
            _send(child.stdin, text)
            return _receive(child.stdout).decode("ascii")
        except (BrokenPipeError, EOFError):
            self.close()
            return UNPARSED

    def close(self) -> None:
        """Ends the child; a later text starts a new one."""
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
                [sys.executable, "-P", "-c", SERVE, str(max_cpu_seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
            self._parent_pid = os.getpid()
            self._max_cpu_seconds = max_cpu_seconds
        return self._child


def serve() -> None:
    """The child's loop: a text from stdin, its verdict to stdout, until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when the child ends
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # not every system limits address space
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    max_cpu_seconds = float(sys.argv[1])
    with suppress(EOFError, BrokenPipeError):
        while True:
            text = _receive(sys.stdin.buffer).decode("utf-8", "replace")
            signal.setitimer(signal.ITIMER_PROF, max_cpu_seconds)
            answer = verdict(text)
            signal.setitimer(signal.ITIMER_PROF, 0)
            _send(sys.stdout.buffer, answer.encode("ascii"))


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


_PROCESS = ParserProcess()
atexit.register(_PROCESS.close)


def parsed_verdict(text: bytes, max_cpu_seconds: float) -> str:
    """`verdict` of a text in UTF-8 from this process's child, or UNPARSED."""
    return _PROCESS.verdict(text, max_cpu_seconds)

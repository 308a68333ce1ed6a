"""HTML extraction in a process of its own, so that no page can hang the reader or take its memory.

Native code cannot be interrupted, and some markup costs a parser quadratic time or gigabytes. Pages therefore
go to a child process with limits. The limit is of CPU time, not wall-clock time: a busy machine must not
change what is kept.
"""

import atexit
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO

from pipelines.readers.web.html import MAX_NESTING, extract_main_text, nesting

MAX_CPU_SECONDS = 60  # 16 MiB of ordinary markup take about two
MAX_MEMORY_BYTES = 4 << 30
LENGTH_BYTES = 8
EXTRACTED, FAILED = b"\0", b"\1"
SERVE = "from pipelines.readers.web.html_process import serve; serve()"


class ExtractionFailed(Exception):
    """A page gave no text; `reason` is the record's reason."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class HtmlProcess:
    """A child process that extracts one page after another; it is started when needed and again after it
    died."""

    def __init__(self, max_cpu_seconds: float = MAX_CPU_SECONDS) -> None:
        self._max_cpu_seconds = max_cpu_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._parent_pid = 0

    def main_text(self, html: str) -> str:
        """The page's main text; raises ExtractionFailed."""
        if nesting(html) > MAX_NESTING:
            raise ExtractionFailed("nesting_too_deep", f"more than {MAX_NESTING} open blocks")
        child = self._running_child()
        try:
            _send(child.stdin, html.encode("utf-8", "replace"))
            answer = _receive(child.stdout)
        except (BrokenPipeError, EOFError):
            raise self._died() from None
        status, text = answer[:1], answer[1:].decode("utf-8", "replace")
        if status == FAILED:
            raise ExtractionFailed("extraction_failed", text)
        return text

    def close(self) -> None:
        """Ends the child; a later page starts a new one."""
        child, self._child = self._child, None
        if child is None or self._parent_pid != os.getpid():
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        child.wait()

    def _running_child(self) -> "subprocess.Popen[bytes]":
        if self._child is None or self._parent_pid != os.getpid():  # after a fork the child is the other process's
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-c", SERVE, str(self._max_cpu_seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
            self._parent_pid = os.getpid()
        return self._child

    def _died(self) -> ExtractionFailed:
        child = self._child
        self.close()
        exit_code = child.returncode if child is not None else None
        if exit_code == -signal.SIGPROF:
            return ExtractionFailed("extraction_timeout", f"more than {self._max_cpu_seconds} CPU seconds")
        return ExtractionFailed("extraction_crashed", f"the parser's process ended with {exit_code}")


def serve() -> None:
    """The child's loop: a page from stdin, its text to stdout, until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when the child ends
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # not every system limits address space
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    max_cpu_seconds = float(sys.argv[1])
    with suppress(EOFError, BrokenPipeError):
        while True:
            page = _receive(sys.stdin.buffer)
            signal.setitimer(signal.ITIMER_PROF, max_cpu_seconds)
            answer = _answer(page)
            signal.setitimer(signal.ITIMER_PROF, 0)
            _send(sys.stdout.buffer, answer)


def _answer(page: bytes) -> bytes:
    try:
        return EXTRACTED + extract_main_text(page.decode("utf-8")).encode("utf-8", "replace")
    except BaseException as error:  # a panic of native code is no Exception
        return FAILED + f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:1000]


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


_PROCESS = HtmlProcess()
atexit.register(_PROCESS.close)


def main_text(html: str) -> str:
    """The page's main text, extracted in this process's child; raises ExtractionFailed."""
    return _PROCESS.main_text(html)

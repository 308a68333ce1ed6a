"""A deadline in CPU time for code of others that may not end."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")

REPEAT_SECONDS = 1.0  # where the code swallows the exception, it comes again


class OutOfTime(BaseException):
    """The deadline is over. No Exception, so that `except Exception` in the code of others does not swallow it."""


@contextmanager
def interruptible() -> Iterator[bool]:
    """Let `within` work in this thread; yields whether it can: only in the main thread of a process.

    Python code and regular expressions of `re` are interrupted; a compiled function of others only once it returns.
    """
    if threading.current_thread() is not threading.main_thread():
        yield False
        return
    before = signal.signal(signal.SIGVTALRM, _raise)
    try:
        yield True
    finally:
        signal.signal(signal.SIGVTALRM, before)


def _raise(_signal: int, _frame: FrameType | None) -> None:
    raise OutOfTime


def within(cpu_seconds: float, work: Callable[[], Result]) -> Result:
    """What `work` returns; OutOfTime when this process uses more CPU time until then. Only inside `interruptible`."""
    try:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, cpu_seconds, REPEAT_SECONDS)
            return work()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except OutOfTime:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)  # it may have come just before the line above
        raise

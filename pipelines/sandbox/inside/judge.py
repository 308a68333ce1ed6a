"""The judge's process: runs the tests, unchanged, with the solution's names standing for objects of another process.

The verdict is written to a descriptor that the solution's process never had, by a process that it can neither signal,
trace nor read. A run passes when every test ran to its end without an exception and at least one of them called the
solution.
"""

from __future__ import annotations

import builtins
import importlib
import os
import resource
import sys
import types

from pipelines.sandbox.inside import channel
from pipelines.sandbox.inside.peer import Peer
from pipelines.sandbox.inside.remote import Remote

TYPE_CHECKING = False  # importing `typing` would be a fifth of a run's cost
if TYPE_CHECKING:
    from typing import Any

    Finding = tuple[str, str]  # verdict, detail

SIGKILL, SIGXCPU, SIGSYS = 9, 24, 31
MAX_DETAIL_CHARS = 200
# Modules of whose names a test may use the solution's import: the judge imports them itself.
SHARED = frozenset(
    "bisect collections copy datetime decimal fractions functools heapq itertools math random re statistics string "  # noqa: SIM905
    "sys typing".split()
)


class JudgePeer(Peer):
    """The side of the tests."""

    def __init__(self, reading: int, writing: int) -> None:
        super().__init__(reading, writing)
        self.requests = 0

    def proxy(self, number: int) -> Any:
        """An object of the solution."""
        return Remote(self, number)

    def number_of(self, value: Any) -> int | None:
        """The number of an object of the solution."""
        return value._number if type(value) is Remote else None

    def request(self, number: int, operation: str, *arguments: Any) -> Any:
        """As for every peer; counted when it is about one of the solution's objects."""
        self.requests += number >= 0
        return super().request(number, operation, *arguments)

    def expose(self, operation: str, target: Any, arguments: list[Any]) -> Any:
        """Functions can be called and iterators advanced; nothing else of this process is for the solution."""
        if operation == "call" and isinstance(target, types.FunctionType | types.BuiltinFunctionType | type):
            return target(*arguments)
        if operation == "next":
            return next(target)
        raise TypeError(f"the tests' {type(target).__name__} cannot be used by the solution")

    def names(self, wanted: list[str], entry_point: str) -> dict[str, Any]:
        """What the tests see of the solution, of the names that they use.

        A name of Python's own is taken only where it is what is tested: else a solution could bring its own `set`.
        """
        described = self.request(-1, "names", wanted)
        if not isinstance(described, dict):
            raise channel.Spoiled("no names")
        found = {
            name: self._value(name, *about)
            for name, about in described.items()
            if name in wanted and isinstance(about, tuple) and len(about) == 2
        }
        own = {name: value for name, value in found.items() if not hasattr(builtins, name)}
        if entry_point:
            return {**own, **{name: value for name, value in found.items() if name == entry_point}}
        return own if any(isinstance(value, Remote) for value in own.values()) else found

    def _value(self, name: str, kind: str, value: Any) -> Any:
        if kind == "module" and name == value and name in SHARED:
            return importlib.import_module(name)
        if kind == "import" and value in SHARED:
            return getattr(importlib.import_module(value), name)
        if kind == "exception" and isinstance(value, list):
            base = type(self.exception([str(each) for each in value[1:]], ""))
            self.exceptions[name] = type(name, (base,), {})
            return self.exceptions[name]
        return value


def judge(reading: int, writing: int, solution_pid: int, tests: str, entry_point: str) -> Finding:
    """The verdict on the solution at the other end."""
    peer = JudgePeer(reading, writing)
    try:
        problem = peer.request(-1, "load")
        if problem:
            return "syntax_error", str(problem)
    except MemoryError:
        return "memory", "while the program was loaded"
    except (channel.Closed, channel.Spoiled) as error:
        return _end_of(solution_pid, error)
    except Exception as error:
        return "crashed", _shown(error)
    return _run_tests(peer, solution_pid, tests, entry_point)


def _run_tests(peer: JudgePeer, solution_pid: int, tests: str, entry_point: str) -> Finding:
    try:
        code = compile(tests, "<tests>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return "no_tests", _shown(error)
    module = types.ModuleType("tests")
    sys.modules["tests"] = module
    try:
        vars(module).update(peer.names(sorted(_names_in(code)), entry_point))
        exec(code, vars(module))  # noqa: S102 - this process is there to run it
        _run_collected(module)
    except MemoryError:
        return "memory", ""
    except (channel.Closed, channel.Spoiled) as error:
        return _end_of(solution_pid, error)
    except BaseException as error:
        return "tests_failed", _shown(error)
    return ("passed", "") if peer.requests else ("no_tests", "no test called the solution")


def _run_collected(module: types.ModuleType) -> None:
    """Functions named `test_*` without arguments, and cases of unittest, as their runners would call them."""
    for name, value in list(vars(module).items()):
        if name.startswith("test") and isinstance(value, types.FunctionType) and not value.__code__.co_argcount:
            value()
    unittest = sys.modules.get("unittest")
    if unittest is None:
        return
    for value in list(vars(module).values()):
        if isinstance(value, type) and issubclass(value, unittest.TestCase):
            for case in unittest.defaultTestLoader.loadTestsFromTestCase(value):
                case.debug()


def _names_in(code: types.CodeType) -> set[str]:
    """Every name that the code and the functions in it use as a global."""
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*map(_names_in, inner))


def _end_of(solution_pid: int, error: EOFError) -> Finding:
    """Why the solution's process no longer answers."""
    if isinstance(error, channel.Spoiled):
        return "forbidden", "it wrote into its channel to the judge"
    _, status, usage = os.wait4(solution_pid, 0)
    if os.WIFEXITED(status):
        return "crashed", f"it ended with status {os.WEXITSTATUS(status)} before the tests did"
    return verdict_of_signal(os.WTERMSIG(status), usage.ru_utime + usage.ru_stime)


def verdict_of_signal(signal: int, cpu_seconds: float) -> Finding:
    """What a process died of."""
    if signal == SIGSYS:
        return "forbidden", "a system call that no solution needs"
    if signal == SIGXCPU or (signal == SIGKILL and cpu_seconds > resource.getrlimit(resource.RLIMIT_CPU)[0]):
        return "timeout", "CPU time"
    return ("memory", "the kernel ended it") if signal == SIGKILL else ("crashed", f"signal {signal}")


def _shown(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}".rstrip(": ")[:MAX_DETAIL_CHARS]
    except BaseException:
        return type(error).__name__

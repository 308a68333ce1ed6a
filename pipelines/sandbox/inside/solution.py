"""The solution's process: runs the program, then does what the judge asks for until it is killed.

Nothing here is trusted: the program can change whatever it wants in this process. It can reach neither the tests, nor
what they expect, nor the judge's verdict, which are in another process.
"""

from __future__ import annotations

import sys
import types

from pipelines.sandbox.inside.peer import Peer

TYPE_CHECKING = False  # importing `typing` would be a fifth of a run's cost
if TYPE_CHECKING:
    from typing import Any

NAME = "solution"
FILE = "<solution>"


class _Function:
    """A function of the tests, called there."""

    def __init__(self, peer: SolutionPeer, number: int) -> None:
        self._peer = peer
        self._number = number

    def __call__(self, *arguments: Any) -> Any:
        """Calls it."""
        return self._peer.request(self._number, "call", *arguments)

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return self._peer.request(self._number, "next")


class SolutionPeer(Peer):
    """The side of the program."""

    def __init__(self, reading: int, writing: int, source: str) -> None:
        super().__init__(reading, writing)
        self.source = source
        self.module = types.ModuleType(NAME)

    def proxy(self, number: int) -> Any:
        """A function or iterator of the tests."""
        return _Function(self, number)

    def number_of(self, value: Any) -> int | None:
        """The number of a function of the tests."""
        return value._number if type(value) is _Function else None

    def expose(self, operation: str, target: Any, arguments: list[Any]) -> Any:
        """Loads the program, looks up its names, or works on one of its objects."""
        if operation == "load":
            return self._load()
        if operation == "names":
            return {name: self._described(name) for name in arguments[0] if name in vars(self.module)}
        if operation == "call":
            return target(*arguments)
        if operation == "call_named":
            return target(*arguments[1:], **arguments[0])
        if operation == "attribute":
            return getattr(target, arguments[0])
        if operation == "set_attribute":
            return setattr(target, arguments[0], arguments[1])
        if operation == "truth":
            return bool(target)
        if operation == "instance":
            return isinstance(arguments[0], target)
        if operation == "operator":
            method = getattr(type(target), arguments[0], None)
            if method is None:  # as Python itself says it: `list` asks for a length and goes on without
                raise TypeError(f"{type(target).__name__!r} object has no {arguments[0]}")
            return method(target, *arguments[1:])
        raise ValueError(operation)

    def _load(self) -> str:
        """Empty where the program could be compiled, else what was wrong; raises what it raises."""
        try:
            code = compile(self.source, FILE, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError) as error:
            return f"{type(error).__name__}: {error}"[:200]
        sys.modules[NAME] = self.module
        exec(code, vars(self.module))  # noqa: S102 - this process is there to run it
        return ""

    def _described(self, name: str) -> tuple[str, Any]:
        """What a global name of the program is: a module, a name of the standard library, an exception, a value."""
        value = vars(self.module)[name]
        if type(value) is types.ModuleType:
            return "module", value.__name__
        if isinstance(value, type) and issubclass(value, BaseException):
            return "exception", [kind.__name__ for kind in value.__mro__]
        origin = getattr(value, "__module__", None)
        if type(origin) is str and origin != NAME and getattr(sys.modules.get(origin), name, None) is value:
            return "import", origin
        return "value", value


def run(source: str, reading: int, writing: int) -> None:
    """Serves the judge; returns when it is gone."""
    sys.argv = [""]
    SolutionPeer(reading, writing, source).serve()

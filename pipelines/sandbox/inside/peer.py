"""One side of the conversation between the judge and the solution: calls there, and answers to calls from there.

Messages are tuples of plain values: ("call", number, operation, arguments), ("return", value, changed arguments),
("raise", names of the classes, message, object). While a side waits for an answer it serves the other's calls, so that
functions can be handed over as arguments.
"""

from __future__ import annotations

import builtins

from pipelines.sandbox.inside import channel, wire

TYPE_CHECKING = False  # importing `typing` would be a fifth of a run's cost
if TYPE_CHECKING:
    from typing import Any

MAX_MESSAGE_CHARS = 500  # of an exception's text
MUTABLE = (list, dict, set, bytearray)
# Whose object a reference names: the reader's, the writer's, or a type that both have.
YOURS, MINE, BUILTIN = "yours", "mine", "builtin"


class RemoteError(Exception):
    """Something that the other side raised and that has no class here."""


class Peer:
    """A side: `expose(operation, target, arguments)` does what the other side asks for, `proxy(number)` stands
    for an object of it, `exception(names, message)` for an exception."""

    def __init__(self, reading: int, writing: int) -> None:
        self.reading = reading
        self.writing = writing
        self.objects: list[Any] = []  # handed out, by number
        self.exceptions: dict[str, type[BaseException]] = {}  # that stand for the other side's own

    def expose(self, operation: str, target: Any, arguments: list[Any]) -> Any:
        """Does `operation` on an object of this side."""
        raise NotImplementedError

    def proxy(self, number: int) -> Any:
        """What stands here for an object of the other side."""
        raise NotImplementedError

    def exception(self, names: list[str], message: str) -> BaseException:
        """The exception that stands for one of the other side: the nearest one of Python's own."""
        for name in names:
            kind = self.exceptions.get(name) or getattr(builtins, name, None)
            if isinstance(kind, type) and issubclass(kind, Exception):
                try:
                    return kind(message)
                except TypeError:  # UnicodeDecodeError and the like want more arguments
                    continue
        return RemoteError(f"{names[0] if names else 'exception'}: {message}")

    def number_of(self, value: Any) -> int | None:
        """The number of the other side's object that `value` stands for; None for this side's own."""
        raise NotImplementedError

    def request(self, number: int, operation: str, *arguments: Any) -> Any:
        """Has the other side do something and returns or raises what comes of it."""
        self._send(("call", number, operation, list(arguments)))
        while True:
            message = self._receive()
            match message:
                case ("call", int(number), str(operation), list(given)):
                    self._serve(number, operation, given)
                case ("return", value, dict(changed)):
                    for index, content in changed.items():
                        _replace(arguments[index], content)
                    return value
                case ("raise", list(names), str(text)):
                    raise self.exception([str(name) for name in names], text)
                case _:
                    raise channel.Spoiled("a message of no known form")

    def serve(self) -> None:
        """Answers the other side until it is gone."""
        while True:
            match self._receive():
                case ("call", int(number), str(operation), list(given)):
                    self._serve(number, operation, given)
                case _:
                    raise channel.Spoiled("an answer to no question")

    def _serve(self, number: int, operation: str, arguments: list[Any]) -> None:
        try:
            before = {index: self._encoded(each) for index, each in enumerate(arguments) if type(each) in MUTABLE}
            value = self.expose(operation, self.objects[number] if number >= 0 else None, arguments)
            changed = {index: arguments[index] for index in before if self._encoded(arguments[index]) != before[index]}
            answer = self._encoded(("return", value, changed))
            if len(answer) > channel.MAX_MESSAGE_BYTES:
                raise OverflowError(f"a value of {len(answer)} bytes")
        except (channel.Closed, channel.Spoiled):
            raise
        except BaseException as error:  # whatever a program raises, SystemExit too, is the other side's to know
            answer = wire.encode(("raise", [kind.__name__ for kind in type(error).__mro__], _text(error)))
        channel.send(self.writing, answer)

    def _send(self, message: Any) -> None:
        channel.send(self.writing, self._encoded(message))

    def _receive(self) -> Any:
        data = channel.receive(self.reading)
        try:
            return wire.decode(data, self._imported)
        except (wire.WireError, RecursionError) as error:
            raise channel.Spoiled(str(error)) from error

    def _encoded(self, value: Any) -> bytes:
        return wire.encode(value, self._exported)

    def _exported(self, value: Any) -> tuple[Any, ...]:
        number = self.number_of(value)
        if number is not None:
            return (YOURS, number)
        if isinstance(value, type):
            name: str = type.__getattribute__(value, "__name__")
            if getattr(builtins, name, None) is value:
                return (BUILTIN, name)
        self.objects.append(value)
        return (MINE, len(self.objects) - 1)

    def _imported(self, reference: tuple[Any, ...]) -> Any:
        match reference:
            case ("yours", int(number)) if 0 <= number < len(self.objects):
                return self.objects[number]
            case ("mine", int(number)):
                return self.proxy(number)
            case ("builtin", str(name)) if isinstance(kind := getattr(builtins, name, None), type):
                return kind
        raise wire.WireError("a reference to nothing")


def _text(error: BaseException) -> str:
    try:
        return str(error)[:MAX_MESSAGE_CHARS]
    except BaseException:  # a class may refuse to be shown
        return ""


def _replace(target: Any, content: Any) -> None:
    """Gives a list, dict, set or bytearray the content that the other side left in its copy."""
    if type(target) is not type(content) or type(target) not in MUTABLE:
        return
    if isinstance(target, list | bytearray):
        target[:] = content
    else:
        target.clear()
        target.update(content)

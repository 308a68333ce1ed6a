"""Objects of the solution as the judge holds them: every use of one is a call to the solution's process.

What the tests expect must not reach the solution, or it could answer whatever is expected. So a remote object compares
equal only with another remote object, takes part in no arithmetic with plain values, and is searched by iterating.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` would be a fifth of a run's cost
if TYPE_CHECKING:
    from typing import Any

ASKED = ("__len__", "__getitem__", "__setitem__", "__delitem__", "__iter__", "__next__", "__str__", "__repr__")
BETWEEN_REMOTES = ("__add__", "__sub__", "__mul__", "__lt__", "__le__", "__gt__", "__ge__")


class Remote:
    """An object of the solution, by its number."""

    def __init__(self, peer: Any, number: int) -> None:
        object.__setattr__(self, "_peer", peer)
        object.__setattr__(self, "_number", number)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Calls it."""
        if named:
            return self._peer.request(self._number, "call_named", dict(named), *arguments)
        return self._peer.request(self._number, "call", *arguments)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._peer.request(self._number, "attribute", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._peer.request(self._number, "set_attribute", name, value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Remote):
            return False
        return self._number == other._number or self._peer.request(self._number, "operator", "__eq__", other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._number)

    def __bool__(self) -> bool:
        return self._peer.request(self._number, "truth") is True

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Remote) and self._peer.request(self._number, "instance", value) is True


def _asked(name: str) -> Any:
    def method(self: Remote, *arguments: Any) -> Any:
        return self._peer.request(self._number, "operator", name, *arguments)

    return method


def _between(name: str) -> Any:
    def method(self: Remote, other: Any) -> Any:
        return (
            self._peer.request(self._number, "operator", name, other) if isinstance(other, Remote) else NotImplemented
        )

    return method


for _name in ASKED:
    setattr(Remote, _name, _asked(_name))
for _name in BETWEEN_REMOTES:
    setattr(Remote, _name, _between(_name))

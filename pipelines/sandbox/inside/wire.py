"""Plain values as bytes, between processes that do not trust each other.

Unlike pickle, reading runs nothing: a value is one of a few builtin types, or a *reference* that the reader turns into
something of its own. Subclasses of plain types (a named tuple, a Counter, an IntEnum) travel as the plain type.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` would be a fifth of a run's cost
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Export = Callable[[Any], tuple[Any, ...]]
    Import = Callable[[tuple[Any, ...]], Any]

MAX_LEVELS = 200  # of containers inside each other
MAX_DIGIT_BYTES = 1 << 20  # of one integer

_DICT_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.items()))


class WireError(ValueError):
    """Bytes that are no value, or a value that cannot travel."""


def encode(value: Any, export: Export | None = None) -> bytes:
    """`value` as bytes; what is not plain becomes the reference that `export` gives, which must be plain."""
    parts: list[bytes] = []
    _write(value, parts, export, 0)
    return b"".join(parts)


def decode(data: bytes, importing: Import | None = None) -> Any:
    """The value of `data`; a reference becomes what `importing` makes of it. WireError for anything else."""
    try:
        value, end = _read(data, 0, importing, 0)
    except (IndexError, ValueError, TypeError, OverflowError) as error:
        raise WireError(str(error)) from error
    if end != len(data):
        raise WireError(f"{len(data) - end} bytes left over")
    return value


def _sized(tag: bytes, body: bytes) -> bytes:
    return tag + len(body).to_bytes(4, "big") + body


def _write(value: Any, parts: list[bytes], export: Export | None, level: int) -> None:
    if level > MAX_LEVELS:
        raise WireError(f"over {MAX_LEVELS} containers inside each other")
    kind = type(value)
    kinds = kind.__mro__
    if value is None or kind is bool:
        parts.append(b"N" if value is None else b"T" if value else b"F")
    elif int in kinds:
        number = int.__index__(value)
        parts.append(_sized(b"I", number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)))
    elif float in kinds:
        parts.append(_sized(b"D", float.hex(value).encode()))
    elif complex in kinds:
        parts.append(_sized(b"C", f"{value.real.hex()} {value.imag.hex()}".encode()))
    elif str in kinds:
        parts.append(_sized(b"S", str.encode(value, "utf-8", "surrogatepass")))
    elif bytes in kinds or bytearray in kinds:
        parts.append(_sized(b"B" if bytes in kinds else b"A", bytes(value)))
    elif list in kinds or tuple in kinds or set in kinds or frozenset in kinds or kind in _DICT_VIEWS:
        _write_members(value, kinds, parts, export, level)
    elif dict in kinds:
        parts.append(b"M" + dict.__len__(value).to_bytes(4, "big"))
        for key, member in dict.items(value):
            _write(key, parts, export, level + 1)
            _write(member, parts, export, level + 1)
    elif export is not None:
        parts.append(b"R")
        _write(tuple(export(value)), parts, None, level + 1)
    else:
        raise WireError(f"a {kind.__name__} is not plain")


def _write_members(value: Any, kinds: Any, parts: list[bytes], export: Export | None, level: int) -> None:
    tag = b"L" if list in kinds else b"U" if tuple in kinds else b"Z" if frozenset in kinds else b"E"
    members = [*value]
    parts.append(tag + len(members).to_bytes(4, "big"))
    for member in members:
        _write(member, parts, export, level + 1)


def _read(data: bytes, at: int, importing: Import | None, level: int) -> tuple[Any, int]:
    if level > MAX_LEVELS:
        raise WireError(f"over {MAX_LEVELS} containers inside each other")
    tag = data[at : at + 1]
    at += 1
    if tag in (b"N", b"T", b"F"):
        return {b"N": None, b"T": True, b"F": False}[tag], at
    if tag == b"R":
        if importing is None:
            raise WireError("a reference where none may be")
        reference, at = _read(data, at, None, level + 1)
        if not isinstance(reference, tuple):
            raise WireError("a reference that is no tuple")
        return importing(reference), at
    count = int.from_bytes(data[at : at + 4], "big")
    at += 4
    if at > len(data) or count > len(data) - at:  # a member takes a byte at least
        raise WireError("cut off")
    if tag in (b"L", b"U", b"E", b"Z", b"M"):
        return _read_members(tag, count, data, at, importing, level)
    return _scalar(tag, data[at : at + count]), at + count


def _read_members(
    tag: bytes, count: int, data: bytes, at: int, importing: Import | None, level: int
) -> tuple[Any, int]:
    members = []
    for _ in range(count * 2 if tag == b"M" else count):
        member, at = _read(data, at, importing, level + 1)
        members.append(member)
    if tag == b"M":
        return dict(zip(members[::2], members[1::2], strict=True)), at
    return {b"L": list, b"U": tuple, b"E": set, b"Z": frozenset}[tag](members), at


def _scalar(tag: bytes, body: bytes) -> Any:
    if tag == b"I":
        if len(body) > MAX_DIGIT_BYTES:
            raise WireError("an integer too long")
        return int.from_bytes(body, "big", signed=True)
    if tag == b"D":
        return float.fromhex(body.decode())
    if tag == b"C":
        real, _, imaginary = body.decode().partition(" ")
        return complex(float.fromhex(real), float.fromhex(imaginary))
    if tag == b"S":
        return body.decode("utf-8", "surrogatepass")
    if tag == b"B":
        return body
    if tag == b"A":
        return bytearray(body)
    raise WireError(f"no value begins with {tag!r}")

"""The footer of a Parquet file: row groups with the sizes of their columns, before anything of them is read.

pyarrow tells the same through its metadata objects, but a damaged or encrypted column ends the whole process there: its
binding lets a C++ exception pass (seen with 26.0: "Definition level histogram size mismatch"). So the few fields that
are asked for are read here, in time linear in the footer: Thrift's compact protocol
(https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md), the fields of parquet.thrift
(https://github.com/apache/parquet-format).
"""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

MAGIC = b"PAR1"
MAX_LEVELS = 16  # of structures inside each other; parquet.thrift has fewer
_BYTE_ARRAY = 6
# PLAIN_DICTIONARY, DELTA_BYTE_ARRAY, RLE_DICTIONARY: a value may be longer than what is stored of it
_EXPANDING_ENCODINGS = frozenset({2, 7, 8})


class Column(NamedTuple):
    """A top-level column of one row group, with all that is inside it."""

    uncompressed_bytes: int
    values: int
    expands: bool


class RowGroup(NamedTuple):
    """What the footer tells of a row group; sizes and counts are at least 0."""

    rows: int
    uncompressed_bytes: int
    columns: Mapping[str, Column]


def row_groups_of(file: BinaryIO) -> list[RowGroup]:
    """The row groups of an open file; ValueError or LookupError where the footer cannot be read."""
    size_bytes = file.seek(0, io.SEEK_END)
    file.seek(max(0, size_bytes - 8))
    tail = file.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or length > size_bytes - 12:
        raise ValueError("no Parquet footer at the end of the file")
    file.seek(size_bytes - 8 - length)
    metadata = _Compact(file.read(length)).struct()
    return [_row_group(group) for group in _list(metadata.get(4), dict)]


def _row_group(group: dict[int, Any]) -> RowGroup:
    columns: dict[str, Column] = {}
    for chunk in _list(group.get(1), dict):
        told = chunk.get(3)
        path = _list(told.get(3), bytes) if isinstance(told, dict) else []
        if not path:
            continue
        name = path[0].decode("utf-8", "replace")
        before = columns.get(name, Column(0, 0, False))
        expands = told.get(1) == _BYTE_ARRAY and not _EXPANDING_ENCODINGS.isdisjoint(_list(told.get(2), int))
        columns[name] = Column(
            before.uncompressed_bytes + _count(told.get(6)),
            max(before.values, _count(told.get(5))),
            before.expands or expands,
        )
    return RowGroup(_count(group.get(3)), _count(group.get(2)), columns)


def _list(value: Any, kind: type) -> list[Any]:
    return [member for member in value if isinstance(member, kind)] if isinstance(value, list) else []


def _count(value: Any) -> int:
    return max(0, value) if isinstance(value, int) else 0


class _Compact:
    """A reader of Thrift's compact protocol: structures as values by field number."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self, levels: int = MAX_LEVELS) -> dict[int, Any]:
        """The structure that begins here."""
        found: dict[int, Any] = {}
        field = 0
        while (head := self._byte()) != 0:
            step = head >> 4
            field = field + step if step else self._zigzag()
            found[field] = self._value(head & 15, levels, in_list=False)
        return found

    def _value(self, kind: int, levels: int, in_list: bool) -> Any:
        match kind:
            case 1 | 2:
                return self._byte() == 1 if in_list else kind == 1
            case 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._zigzag()
            case 7:
                return self._bytes(8)
            case 8:
                return self._bytes(self._varint())
            case 9 | 10 if levels:
                head = self._byte()
                size = head >> 4 if head >> 4 < 15 else self._varint()
                self._check(size)
                return [self._value(head & 15, levels - 1, in_list=True) for _ in range(size)]
            case 11 if levels:
                size = self._varint()
                self._check(size)
                kinds = self._byte() if size else 0
                for _ in range(size):
                    self._value(kinds >> 4, levels - 1, in_list=True)
                    self._value(kinds & 15, levels - 1, in_list=True)
                return None
            case 12 if levels:
                return self.struct(levels - 1)
        raise ValueError(f"type {kind} in the footer")

    def _check(self, size: int) -> None:
        if size > len(self._data) - self._at:  # every element takes a byte
            raise ValueError(f"{size} elements in the footer")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, size: int) -> bytes:
        self._check(size)
        self._at += size
        return self._data[self._at - size : self._at]

    def _varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ValueError("a number in the footer is too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

"""Thrift's compact protocol, read: structures as values by field number, in time linear in their bytes.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md. Parquet's footers and page headers
are written in it.
"""

from typing import Any

MAX_LEVELS = 16  # of structures inside each other; parquet.thrift has fewer


class CompactReader:
    """Reads from byte `at` of `data`, which moves on; ValueError or LookupError where the bytes hold something else."""

    def __init__(self, data: bytes | memoryview, at: int = 0) -> None:
        self._data = data
        self.at = at

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
        raise ValueError(f"type {kind} where Thrift has none")

    def _check(self, size: int) -> None:
        if size > len(self._data) - self.at:  # every element takes a byte
            raise ValueError(f"{size} elements in fewer bytes")

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _bytes(self, size: int) -> bytes:
        self._check(size)
        self.at += size
        return bytes(self._data[self.at - size : self.at])

    def _varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ValueError("a number is longer than 64 bits")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

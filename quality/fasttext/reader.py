"""Reading the bytes of a model file, with an error that says where it ends or what cannot be."""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from quality.arrow_text import Bytes


class ModelFileError(ValueError):
    """A file that is no fastText model that can be used, or a damaged one."""


class Reader:
    """Little-endian values of `content`, one after another; ModelFileError when it ends before them."""

    def __init__(self, content: Bytes, name: str) -> None:
        self.content = content
        self.at = 0
        self._name = name

    def values(self, format_: str) -> tuple[Any, ...]:
        """The next values, by `struct`'s letters."""
        layout = struct.Struct("<" + format_)
        return layout.unpack(self.array(np.uint8, layout.size).tobytes())

    def flag(self) -> bool:
        """The next byte, which is 0 or 1."""
        (value,) = self.values("B")
        if value > 1:
            raise self.error(f"byte {self.at - 1:,} is {value} where 0 or 1 must stand")
        return bool(value)

    def array(self, dtype: npt.DTypeLike, count: int) -> npt.NDArray[Any]:
        """The next `count` values, not copied."""
        size = count * np.dtype(dtype).itemsize
        if count < 0 or size > len(self.content) - self.at:
            raise self.error(f"{size:,} bytes are announced at byte {self.at:,} of {len(self.content):,}")
        array = np.frombuffer(self.content, dtype, count, self.at) if count else np.empty(0, dtype)
        self.at += size
        return array

    def end(self) -> None:
        """ModelFileError when anything is left."""
        if self.at != len(self.content):
            raise self.error(f"{len(self.content) - self.at:,} bytes follow after its end")

    def error(self, problem: str) -> ModelFileError:
        """The error that names the file."""
        return ModelFileError(f"{self._name} is damaged or no fastText model: {problem}")

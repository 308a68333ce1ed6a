"""Where a file for reading stands: the half of a Python file that does not depend on how its bytes come."""

import io


class SeekableFile(io.RawIOBase):
    """A file of `size_bytes`; a subclass sets that, reads from `_at` and moves it."""

    size_bytes: int
    _at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See io.IOBase."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size_bytes}[whence]
        if base + offset < 0:
            raise ValueError(f"seek to {base + offset}, before the file")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """See io.IOBase."""
        return self._at

"""The file of answers: JSON lines that are only ever appended to, so that a run goes on where one was killed.

A line is written at once and flushed to the disk. Where a kill left part of a line, the next run takes that part off.
One process writes at a time.
"""

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

TAIL_BYTES = 64 << 10


class Key(NamedTuple):
    """What makes an answer one that need not be asked for again."""

    problem: str
    prompt_sha256: str
    sample: int
    model: str
    settings_sha256: str


class AnswerFileError(OSError):
    """The file is used by another run, or holds something else."""


class AnswerFile:
    """An open file of answers; `keys` are those that it has."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: set[Key] = set()

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self.path, "a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise AnswerFileError(f"{self.path} is being written by another run: wait for it") from error
        try:
            self._take_off_torn_line()
            self.keys = self._read_keys()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, key: Key, answer: dict[str, Any]) -> None:
        """Writes one answer for good."""
        line = json.dumps({**key._asdict(), **answer}, ensure_ascii=False).encode() + b"\n"
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.keys.add(key)

    def _take_off_torn_line(self) -> None:
        size_bytes = end = self._file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - TAIL_BYTES)
            self._file.seek(start)
            at = self._file.read(end - start).rfind(b"\n")
            if at >= 0:
                end = start + at + 1
                break
            end = start
        if end == size_bytes:
            return
        if end == 0 and not self._begins_as_answer(size_bytes):
            raise AnswerFileError(f"{self.path} holds no answers: give another file")
        self._file.truncate(end)

    def _begins_as_answer(self, size_bytes: int) -> bool:
        """Whether a file without a whole line began as one of ours, before a kill."""
        self._file.seek(0)
        expected = b'{"problem": '
        return self._file.read(len(expected)) == expected[:size_bytes]

    def _read_keys(self) -> set[Key]:
        keys = set()
        self._file.seek(0)
        for number, line in enumerate(self._file, 1):
            try:
                value = json.loads(line)
                keys.add(Key(*(value[name] for name in Key._fields)))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise AnswerFileError(f"{self.path}, line {number}, is no answer: give another file") from error
        self._file.seek(0, os.SEEK_END)
        return keys

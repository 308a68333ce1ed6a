"""Which of a uri's files a run takes by the times in their names: all that begin before a moment.

The choice travels inside the uri, behind a NUL, which no file's name can hold: so the kinds that list their files in
the workers again (conversations, many small files) see there what was planned, and no kind needs to know of it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeVar

from pipelines.readers.dated_names import date_pattern

_MARK = "\0"
SHOWN = 3  # names in an error


class DatedInputError(ValueError):
    """Files without a time in their names, or none before the moment asked for."""


class _File(Protocol):
    @property
    def uri(self) -> str: ...

    @property
    def name(self) -> str: ...


File = TypeVar("File", bound=_File)


class DatedUri(NamedTuple):
    """A uri as it was written, and what is chosen among its files."""

    uri: str
    pattern: str = ""  # none: all files are taken
    as_of: datetime | None = None

    def joined(self) -> str:
        """All of it as one text, which `taken_apart` takes; the uri alone where nothing is chosen."""
        if not self.pattern:
            return self.uri
        return _MARK.join([self.uri, self.pattern, self.as_of.isoformat() if self.as_of else ""])

    def chosen(self, files: Sequence[File]) -> list[File]:
        """The files whose period begins before `as_of`; DatedInputError where that cannot be told of one, or is none.

        A file without a time is no matter for quarantine: left out it would be missed by nobody, and read it would
        be in runs of every interval.
        """
        if not self.pattern:
            return list(files)
        starts = [_start(file, self.pattern) for file in files]
        undated = [file.name for file, start in zip(files, starts, strict=True) if start is None]
        if undated:
            more = f" and {len(undated) - SHOWN} more" if len(undated) > SHOWN else ""
            raise DatedInputError(
                f"{len(undated)} of {len(files)} files at {self.uri!r} have no time in their names that "
                f"`dated: {self.pattern!r}` finds: {', '.join(map(repr, undated[:SHOWN]))}{more}. Change the pattern, "
                "or let `uri` be a glob pattern that leaves them out"
            )
        before = self.as_of
        if before is None:
            return list(files)
        taken = [file for file, start in zip(files, starts, strict=True) if start is not None and start < before]
        if not taken:
            first = min(start for start in starts if start is not None)
            raise DatedInputError(
                f"none of the {len(files)} files at {self.uri!r} is of before {before.isoformat()}; "
                f"the first is of {first.isoformat()}"
            )
        return taken


def taken_apart(text: str) -> DatedUri:
    """The parts of a uri that may carry a choice."""
    uri, found, rest = text.partition(_MARK)
    if not found:
        return DatedUri(text)
    pattern, _, as_of = rest.partition(_MARK)
    return DatedUri(uri, pattern, datetime.fromisoformat(as_of) if as_of else None)


def moment(written: str) -> datetime:
    """An ISO 8601 time as a moment, UTC where it names no zone; ValueError for anything else."""
    found = datetime.fromisoformat(written)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _start(file: _File, pattern: str) -> datetime | None:
    """By the path below what the uri names, or by the folders before it."""
    whole = file.uri.partition("?")[0] if "://" in file.uri else file.uri
    dates = date_pattern(pattern)
    return dates.start_of(file.name) or dates.start_of(whole)

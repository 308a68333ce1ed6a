"""The raw bytes of a record, by its reference: `file@offset` or `file:line`, of a file that a recipe's sources read."""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

from pipelines.readers.inputs import inputs_at, open_input
from pipelines.readers.web.forward_reader import (
    GZIP_MAGIC,
    GZIP_WRAPPER_BITS,
    DamagedStream,
    ForwardReader,
)
from pipelines.recipe_keys.problems import RecipeError
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.steps.ingest import plan_splits

PLACE = re.compile(r"([@:])([0-9]{1,18})(?![0-9A-Za-z])")  # behind the file; a web record's address may follow
READ_BYTES = 1 << 16
LINE_PIECE_BYTES = 1 << 20


class RawRecord(NamedTuple):
    """Some bytes from where a record begins."""

    uri: str
    place: str  # as in the reference: `@offset` or `:line`
    data: bytes
    note: str  # what was decompressed, or why it could not be


def raw_record(sources: Iterable[SourceSpec], reference: str, limit_bytes: int) -> RawRecord:
    """Up to `limit_bytes` of the record at `reference`, decompressed where its file is.

    Only files that the sources read are opened, whatever the reference says. RecipeError when it names none of them,
    or no place in it.
    """
    for label, uri in _input_files(sources):
        match = PLACE.match(reference, len(label)) if reference.startswith(label) else None
        if match is not None:
            number = int(match[2])
            with open_input(uri) as file:
                data, note = (_at_offset if match[1] == "@" else _at_line)(file, number, limit_bytes)
            return RawRecord(uri, match[0], data, note)
    raise RecipeError(
        f"no input file of the recipe's sources is named by {reference!r}: give a reference as `mixdown replay` lists "
        "it, of the form file@offset or file:line (of a git repository, look with `git show`)"
    )


def _input_files(sources: Iterable[SourceSpec]) -> Iterator[tuple[str, str]]:
    """(how a reference may name it, uri) of every file that the sources read; whole uris before mere names."""
    names: list[tuple[str, str]] = []
    for source in sources:
        uris = {split.uri for split in plan_splits(source)}
        for uri in sorted(uris):
            with suppress(OSError, ValueError):  # what a kind gives as a split's uri need be no file
                for file in inputs_at(uri, ("",), "files"):
                    yield file.uri, file.uri
                    names += [(file.name, file.uri), (PurePosixPath(file.name).name, file.uri)]
    yield from sorted(names, key=lambda pair: -len(pair[0]))


def _at_offset(file: BinaryIO, offset: int, limit_bytes: int) -> tuple[bytes, str]:
    """From a gzip member that begins at `offset` of the file, else from `offset` of the uncompressed content."""
    file.seek(offset)
    if file.read(len(GZIP_MAGIC)) == GZIP_MAGIC:
        file.seek(offset)
        return _member(file, limit_bytes)
    file.seek(0)
    reader = ForwardReader(file)
    return _read(reader, lambda: reader.skip(offset), limit_bytes)


def _at_line(file: BinaryIO, number: int, limit_bytes: int) -> tuple[bytes, str]:
    """Line `number`, from 1, of the uncompressed content."""
    reader = ForwardReader(file)

    def pass_over() -> None:
        passed = 0
        while passed < number - 1 and (piece := reader.readline(LINE_PIECE_BYTES)):
            passed += piece.endswith(b"\n")

    data, note = _read(reader, pass_over, limit_bytes)
    return data.partition(b"\n")[0], note


def _read(reader: ForwardReader, pass_over: Callable[[], object], limit_bytes: int) -> tuple[bytes, str]:
    data = b""
    try:
        pass_over()
        while len(data) < limit_bytes and (piece := reader.read(min(READ_BYTES, limit_bytes - len(data)))):
            data += piece
    except DamagedStream as damaged:
        return data, f"the file is damaged behind this: {damaged.detail}"
    return data, ""


def _member(file: BinaryIO, limit_bytes: int) -> tuple[bytes, str]:
    """The content of the gzip member here; of a damaged one what can be read, else its raw bytes."""
    raw = file.read(READ_BYTES)
    member = zlib.decompressobj(GZIP_WRAPPER_BITS)
    data, pending = b"", raw
    try:
        while pending and len(data) < limit_bytes and not member.eof:
            data += member.decompress(pending, limit_bytes - len(data))
            pending = member.unconsumed_tail or file.read(READ_BYTES)
    except zlib.error as error:
        if not data:
            return raw[:limit_bytes], f"not decompressed: {error}"
        return data, f"the gzip member is damaged behind this: {error}"
    return data, "" if member.eof or len(data) >= limit_bytes else "the gzip member is cut off behind this"

"""A repository's files cut into parts of bounded size: the whole, else by language and top-level folder."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from mixer.formats.file_order import dependency_order
from mixer.formats.repository import RepositoryFile

MAX_ORDERED_BYTES = 64 << 20  # of files whose order is found at once: they are in memory together


class PartFile(NamedTuple):
    """A file that may become part of a document, not read yet."""

    path: str
    language: str
    blob: str
    size_bytes: int

    @property
    def folder(self) -> str:
        """Its top-level folder; empty for files that stand in none."""
        return self.path.partition("/")[0] if "/" in self.path else ""


class Part(NamedTuple):
    """Files that are ordered together; `language` and `folder` are None where they are the whole repository."""

    files: list[PartFile]
    language: str | None
    folder: str | None


def parts_of(files: list[PartFile], max_document_bytes: int) -> Iterator[Part]:
    """All of `files` as one part if they fit into one document, else the files of each language and top-level folder.

    Parts larger than MAX_ORDERED_BYTES are cut in the order of paths.
    """
    if sum(file.size_bytes for file in files) <= max_document_bytes:
        if files:
            yield Part(files, None, None)
        return
    grouped = sorted(files, key=lambda file: (file.language, file.folder, file.path))
    for (language, folder), group in groupby(grouped, key=lambda file: (file.language, file.folder)):
        for piece in _pieces(group):
            yield Part(piece, language, folder)


def _pieces(files: Iterable[PartFile]) -> Iterator[list[PartFile]]:
    piece: list[PartFile] = []
    size_bytes = 0
    for file in files:
        if piece and size_bytes + file.size_bytes > MAX_ORDERED_BYTES:
            yield piece
            piece, size_bytes = [], 0
        piece.append(file)
        size_bytes += file.size_bytes
    yield piece


def documents_of(files: list[RepositoryFile], max_document_bytes: int) -> Iterator[list[RepositoryFile]]:
    """`files` in dependency order, cut so that no document has more than `max_document_bytes` of code.

    A file larger than that is a document of its own.
    """
    document: list[RepositoryFile] = []
    size_bytes = 0
    for file in dependency_order(files):
        file_bytes = len(file.text.encode())
        if document and size_bytes + file_bytes > max_document_bytes:
            yield document
            document, size_bytes = [], 0
        document.append(file)
        size_bytes += file_bytes
    if document:
        yield document

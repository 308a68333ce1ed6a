"""Lists of words, domains and urls, as people keep them in files: one entry a line."""

import gzip
import io
import zlib
from collections.abc import Iterator

from quality.input_file import InputFile, read_input

GZIP_MAGIC = b"\x1f\x8b"


class UnreadableList(ValueError):
    """A file that settings name as a list is none."""


def entries_of(file: InputFile) -> Iterator[str]:
    """The file's lines, stripped, without blank ones and those that begin with `#`; UTF-8, perhaps gzipped.

    Raises UnreadableList for what is neither.
    """
    content = io.BytesIO(read_input(file))
    is_gzip = content.getbuffer()[: len(GZIP_MAGIC)] == GZIP_MAGIC
    stream = gzip.GzipFile(fileobj=content) if is_gzip else content
    try:
        for line in io.TextIOWrapper(stream, "utf-8-sig"):
            entry = line.strip()
            if entry and not entry.startswith("#"):
                yield entry
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UnreadableList(f"{file.uri} is no list: UTF-8 text is needed, gzipped or not ({error})") from error

"""Lists of words, domains and urls, as people keep them in files: one entry a line."""

import gzip
import zlib

from quality.input_file import InputFile, read_input

GZIP_MAGIC = b"\x1f\x8b"


class UnreadableList(ValueError):
    """A file that settings name as a list is none."""


def entries_of(file: InputFile) -> list[str]:
    """The file's lines, stripped, without blank ones and those that begin with `#`; UTF-8, perhaps gzipped.

    Raises UnreadableList for what is neither.
    """
    content = read_input(file)
    try:
        if content.startswith(GZIP_MAGIC):
            content = gzip.decompress(content)
        lines = content.decode("utf-8-sig").splitlines()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UnreadableList(f"{file.uri} is no list: UTF-8 text is needed, gzipped or not ({error})") from error
    stripped = map(str.strip, lines)
    return [line for line in stripped if line and not line.startswith("#")]

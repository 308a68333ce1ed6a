"""Files of tables: which ones a uri names, and what each is by its first bytes, whatever its name says."""

from typing import BinaryIO, Literal

from pipelines.readers.compressed import is_compressed
from pipelines.readers.inputs import InputPath, inputs_at

PARQUET_MAGIC = b"PAR1"  # https://parquet.apache.org/docs/file-format/
ARROW_FILE_MAGIC = b"ARROW1"  # https://arrow.apache.org/docs/format/Columnar.html, IPC file format
ARROW_STREAM_MAGIC = b"\xff\xff\xff\xff"  # the continuation before each message
COMPRESSIONS = ("", ".gz", ".zst", ".bz2", ".xz", ".lz4")
TEXT_NAMES = (".csv", ".tsv", ".tab")
TEXT_SUFFIXES = tuple(f"{name}{compression}" for name in TEXT_NAMES for compression in COMPRESSIONS)
SUFFIXES = (".parquet", ".arrow", ".arrows", ".feather", *TEXT_SUFFIXES)

Format = Literal["parquet", "arrow_file", "arrow_stream", "csv", "other"]


def tables_at(uri: str) -> list[InputPath]:
    """The files of a file, a folder or a glob pattern; FileNotFoundError where nothing matches."""
    return inputs_at(uri, SUFFIXES, "tables")


def format_of(file: BinaryIO, uri: str, is_text: bool) -> Format:
    """The format of an open file, which is left at its start; `is_text`: what has no mark of its own is CSV."""
    magic = file.read(len(ARROW_FILE_MAGIC))
    file.seek(0)
    if magic.startswith(PARQUET_MAGIC):
        return "parquet"
    if magic == ARROW_FILE_MAGIC:
        return "arrow_file"
    if magic.startswith(ARROW_STREAM_MAGIC):
        return "arrow_stream"
    named_text = uri.lower().split("?", 1)[0].endswith(TEXT_SUFFIXES)
    return "csv" if is_text or named_text or is_compressed(file) else "other"

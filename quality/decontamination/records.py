"""Records of benchmark files: JSONL, JSON, CSV, TSV and Parquet, also compressed as .gz or .zst.

A file that cannot be read to its end is an error that names the file and the line: a benchmark that is indexed in part
would be a hole that nobody sees. Only blank lines are passed over.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from quality.input_file import InputFile, read_input

COMPRESSIONS = (".gz", ".zst")
MAX_CELL_CHARS = 1 << 27  # csv refuses longer cells than 131,072 characters unless it is told


class BenchmarkFileError(ValueError):
    """A benchmark file that is damaged, empty or of no known format."""


def format_of(uri: str) -> str:
    """The suffix that names the format, such as "jsonl"; BenchmarkFileError for an unknown one."""
    name = uri.lower()
    for compression in COMPRESSIONS:
        name = name.removesuffix(compression)
    suffix = name.rpartition(".")[2]
    if suffix not in _READERS:
        raise BenchmarkFileError(
            f"benchmark file {uri}: its name ends with none of {', '.join(_READERS)} (perhaps with .gz or .zst). "
            "Of a folder that holds other files name a pattern, such as folder/**/*.jsonl."
        )
    return suffix


def read_records(file: InputFile) -> list[Any]:
    """The records of a file, in order; BenchmarkFileError where it is damaged or holds none."""
    reader = _READERS[format_of(file.uri)]
    records = list(reader(_content(file), file.uri))
    if not records:
        raise BenchmarkFileError(f"benchmark file {file.uri} holds no records: fill it, or leave it out")
    return records


def _content(file: InputFile) -> bytes:
    content = read_input(file)
    try:
        if file.uri.lower().endswith(".gz"):
            return gzip.decompress(content)
        if file.uri.lower().endswith(".zst"):
            with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
                return bytes(stream.read())
    except (OSError, EOFError, zlib.error) as error:
        raise BenchmarkFileError(f"benchmark file {file.uri} cannot be decompressed: {error}") from error
    return content


def _lines(content: bytes, uri: str) -> Iterator[tuple[int, str]]:
    """Numbered lines, without their ends; only line feeds end them."""
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            yield number, line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BenchmarkFileError(f"benchmark file {uri}, line {number}: not UTF-8 ({error.reason})") from error


def _jsonl(content: bytes, uri: str) -> Iterator[Any]:
    for number, line in _lines(content, uri):
        if line.strip():
            yield _parsed(line, f"{uri}, line {number}")


def _json(content: bytes, uri: str) -> Iterator[Any]:
    """A list's members; of an object its longest list's, or itself where it holds none."""
    text = "\n".join(line for _, line in _lines(content, uri))
    value = _parsed(text, uri) if text.strip() else []
    if isinstance(value, dict):
        value = max((member for member in value.values() if isinstance(member, list)), key=len, default=[value])
    yield from value if isinstance(value, list) else [value]


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # json.JSONDecodeError names line and column within the text
        raise BenchmarkFileError(f"benchmark file {where}: no JSON ({error})") from error


def _separated(delimiter: str) -> Callable[[bytes, str], Iterator[Any]]:
    """Reads CSV: cells by the first row's names. That row is record 0 as well, in case it is none of names."""

    def records(content: bytes, uri: str) -> Iterator[Any]:
        text = "\n".join(line for _, line in _lines(content, uri))
        csv.field_size_limit(MAX_CELL_CHARS)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        names: list[str] = []
        try:
            for row in reader:
                names = names or row
                if len(row) not in (0, len(names)):
                    raise csv.Error(f"{len(row)} cells, but {len(names)} in the first row")
                if row:
                    yield dict(zip(names, row, strict=True)) if len(set(names)) == len(names) else row
        except csv.Error as error:
            raise BenchmarkFileError(f"benchmark file {uri}, line {reader.line_num}: {error}") from error

    return records


def _parquet(content: bytes, uri: str) -> Iterator[Any]:
    try:
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        for batch in file.iter_batches():
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise BenchmarkFileError(f"benchmark file {uri} is no whole Parquet file: {error}") from error


_READERS: dict[str, Callable[[bytes, str], Iterator[Any]]] = {
    "jsonl": _jsonl,
    "ndjson": _jsonl,
    "json": _json,
    "csv": _separated(","),
    "tsv": _separated("\t"),
    "parquet": _parquet,
}

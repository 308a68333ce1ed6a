"""JSON lines to be fuzzed: prose and code, plain and compressed."""

import gzip
import json

import pyarrow as pa

from pipelines.sources.jsonl import SOURCE as PROSE
from pipelines.sources.jsonl_code import SOURCE as CODE
from tests.pipelines.sources.fuzzing.cases import Fuzzed, file_reader

VALUES: list[object] = [
    {
        "text": "The lamp is lit.\nAnd put out. ë 灯",
        "url": "https://lamp.example/1",
        "date": "2024-05-06T07:08:09+02:00",
    },
    {"text": "  ", "license": ["MIT", "Apache-2.0 OR ISC"]},
    {"text": "print(1)\n", "repository": "lamp/house", "path": "src/größe.py", "language": "Python", "license": "MIT"},
    {"text": 7, "metadata": {"deep": [[[[[[{"a": None}]]]]]], "n": 1e300, "b": True}},
    {"content": "no text"},
    {"text": "\ud83d\ude00 \\u0000 \u2028", "id": 12345678901234567890, "more": "x" * 400},
    ["a list"],
]


def samples() -> list[bytes]:
    """One file plain, with a mark of byte order and without escapes, by gzip and by zstd."""
    escaped = b"".join(json.dumps(value).encode() + b"\n" for value in VALUES)
    whole = [value for value in VALUES if value is not VALUES[5]]
    raw = b"\xef\xbb\xbf" + b"\r\n\n".join(json.dumps(value, ensure_ascii=False).encode() for value in whole)
    zstd: bytes = pa.Codec("zstd").compress(escaped, asbytes=True)
    members = gzip.compress(escaped, mtime=0) + gzip.compress(raw, mtime=0)
    return [escaped, raw, members, zstd]


LIMITS = {"max_line_bytes": 600, "max_metadata_bytes": 100}

CASES = {
    "jsonl": Fuzzed("jsonl", samples, file_reader(PROSE, "lines.jsonl", LIMITS)),
    "jsonl_code": Fuzzed("jsonl_code", samples, file_reader(CODE, "lines.jsonl", LIMITS)),
}

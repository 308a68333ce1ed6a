"""Tables to be fuzzed: Parquet, Arrow files and streams, CSV."""

import gzip
import io
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.sources.table import SOURCE as PROSE
from pipelines.sources.table_code import SOURCE as CODE
from tests.pipelines.sources.fuzzing.cases import Fuzzed, file_reader

COLUMNS = {
    "text": ["The lamp is lit.", "  ", None, "größe 灯\n\n" * 20, "print(1)\n"],
    "url": ["https://lamp.example/1", None, "", "x", "y"],
    "license": [["MIT"], [], None, ["MIT", "ISC"], [None]],
    "meta": [{"url": "u", "n": 1, "deep": {"a": [1.5]}}, None, {"url": None, "n": 2, "deep": None}, None, None],
    "language": pa.array(["Python", "C", "C", None, "Python"]).dictionary_encode(),
    "date": pa.array([datetime(2024, 5, 6, tzinfo=UTC)] * 4 + [None], pa.timestamp("ns", "Europe/Berlin")),
    "score": [0.5, None, float("nan"), 1e300, -1.0],
    "raw": pa.array([b"\xff", b"", None, b"a", b"b"], pa.binary()),
    "view": pa.array(["a", "b", None, "long enough to be no inline view", ""], pa.string_view()),
}


def table() -> pa.Table:
    return pa.table(COLUMNS)


def parquet_samples() -> list[bytes]:
    """Row groups of two, with and without checksums and dictionaries, by several compressions and encodings."""
    settings = [
        {"compression": "none"},
        {"compression": "zstd", "write_page_checksum": True},
        {"compression": "snappy", "use_dictionary": False, "data_page_version": "2.0"},
        {"compression": "gzip", "use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}},
    ]
    samples = []
    for setting in settings:
        sink = io.BytesIO()
        pq.write_table(table(), sink, row_group_size=2, **setting)
        samples.append(sink.getvalue())
    return samples


def arrow_samples() -> list[bytes]:
    """Files and streams, plain and compressed."""
    samples = []
    for make in (pa.ipc.new_file, pa.ipc.new_stream):
        for compression in (None, "zstd", "lz4"):
            sink = io.BytesIO()
            with make(sink, table().schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
                writer.write_table(table(), max_chunksize=2)
            samples.append(sink.getvalue())
    return samples


def csv_samples() -> list[bytes]:
    """Quotes, line feeds inside of them, a mark of byte order, gzip."""
    plain = 'text,url,date\n"a ""lamp""\nis lit",https://lamp.example,2024-05-06\n\nplain,,\n  ,x,y\n'
    marked = b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").replace("lamp", "gr\u00f6\u00dfe").encode()
    return [plain.encode(), marked, gzip.compress(plain.encode() * 3, mtime=0)]


SMALL = {"max_metadata_bytes": 200}

CASES = {
    "parquet": Fuzzed("parquet", parquet_samples, file_reader(PROSE, "a.parquet", SMALL)),
    "parquet_code": Fuzzed("parquet_code", parquet_samples, file_reader(CODE, "a.parquet", SMALL)),
    "arrow": Fuzzed("arrow", arrow_samples, file_reader(PROSE, "a.arrow", SMALL)),
    "csv": Fuzzed("csv", csv_samples, file_reader(PROSE, "a.csv", {"max_row_bytes": 300})),
}

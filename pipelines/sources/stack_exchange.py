"""Source kind `stack_exchange`: questions with their answers, from the Posts.xml of a StackExchange dump.

A task streams the whole file and keeps its share of the questions: `start` is the share, `stop` how many there are.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from pipelines.document import Quarantined, Record
from pipelines.readers.inputs import inputs_at, open_input
from pipelines.readers.stack_exchange.rows import stretches
from pipelines.readers.stack_exchange.shares import SHARE_BYTES, Buckets, Row, bucket_count, own
from pipelines.readers.stack_exchange.threads import StackExchangeOptions, records_of_thread
from pipelines.readers.web.forward_reader import ForwardReader
from pipelines.source import SourceKind, Split

SUFFIXES = tuple(f"Posts.xml{compression}" for compression in ("", ".gz", ".lz4", ".zst"))
WHAT = "posts of StackExchange"
_EXPANSION = 6  # of compressed posts, roughly
_COMPRESSED = (".gz", ".lz4", ".zst")


def splits(uri: str, _options: StackExchangeOptions) -> list[Split]:
    """The shares of every file; FileNotFoundError where there is none."""
    return [
        Split(
            uri=file.uri,
            identity=file.identity,
            size_bytes=file.size_bytes // shares + (share < file.size_bytes % shares),
            start=share,
            stop=shares,
        )
        for file in inputs_at(uri, SUFFIXES, WHAT)
        for shares in [max(1, -(-_content_bytes(file.uri, file.size_bytes) // SHARE_BYTES))]
        for share in range(shares)
    ]


def read(split: Split, options: StackExchangeOptions) -> Iterator[Record]:
    """One record for every row of the split's share, and one for every stretch of the file that is no row."""
    where = "/".join(PurePosixPath(split.uri).parts[-2:])
    site = options.site or site_of(split.uri)
    count = bucket_count(_content_bytes(split.uri, split.size_bytes))
    with open_input(split.uri) as stream, Buckets(count) as buckets:
        found = stretches(ForwardReader(stream), options.max_row_bytes)
        for question, stretch in own(found, split.start, split.stop or 1):
            reference = f"{where}@{stretch.offset}"
            if stretch.problem is not None:
                yield Quarantined(reference, stretch.problem, stretch.detail)
            elif question is None:
                yield Quarantined(reference, "malformed_row", "it has no id")
            elif not buckets.add(question, Row(stretch.offset, stretch.data)):
                yield Quarantined(reference, "too_many_posts", f"question {question}")
        for rows in buckets.threads():
            yield from records_of_thread(rows, where, site, options)


def site_of(uri: str) -> str | None:
    """The host name that a dump's folder or file is called by: `beer.stackexchange.com/Posts.xml`,
    `stackoverflow.com-Posts.xml`; None: neither is one.
    """
    path = PurePosixPath(uri)
    names = (path.name.partition("-Posts.xml")[0], path.parent.name.removesuffix("-Posts"))
    return next((name for name in names if _is_host(name)), None)


def _is_host(name: str) -> bool:
    labels = name.lower().split(".")
    return (
        len(labels) > 1 and labels[-1] in ("com", "net", "org") and all(label.isascii() and label for label in labels)
    )


def _content_bytes(uri: str, size_bytes: int) -> int:
    return size_bytes * _EXPANSION if uri.endswith(_COMPRESSED) else size_bytes


SOURCE = SourceKind(
    name="stack_exchange",
    group="code/adjacent",
    options=StackExchangeOptions,
    splits=splits,
    read=read,
    lists_files=True,
)

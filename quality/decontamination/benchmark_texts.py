"""Texts of benchmarks: which strings of which records are looked for."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.arrow_text import Bytes, Offsets
from quality.decontamination.records import COMPRESSIONS, format_of, read_records
from quality.input_file import InputFile


@dataclass(frozen=True)
class BenchmarkItems:
    """The benchmarks, a name for each file, and their items, which are the files' records."""

    benchmarks: tuple[str, ...]
    item_benchmark: npt.NDArray[np.int32]  # the benchmark of every item
    item_number: npt.NDArray[np.int32]  # its number in the file, from 0


class Texts(NamedTuple):
    """The texts that are looked for; text i is data[offsets[i]:offsets[i + 1]]."""

    data: Bytes  # UTF-8
    offsets: Offsets
    item_of: npt.NDArray[np.int32]


def benchmark_texts(
    files: Sequence[InputFile], fields: Collection[str], skip_fields: Collection[str]
) -> tuple[BenchmarkItems, Texts]:
    """All texts of the files; `fields` (none: all) and `skip_fields` are as `strings_of` reads them."""
    item_benchmark: list[int] = []
    item_number: list[int] = []
    item_of: list[int] = []
    texts: list[bytes] = []
    for benchmark, file in enumerate(files):
        for number, record in enumerate(read_records(file)):
            found = [text.encode("utf-8", "replace") for text in strings_of(record, fields, skip_fields)]
            item_of += [len(item_number)] * len(found)
            texts += found
            item_benchmark.append(benchmark)
            item_number.append(number)
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    names = benchmark_names([file.uri for file in files])
    items = BenchmarkItems(names, np.array(item_benchmark, np.int32), np.array(item_number, np.int32))
    return items, Texts(np.frombuffer(b"".join(texts), np.uint8), offsets, np.array(item_of, np.int32))


def strings_of(record: Any, fields: Collection[str], skip_fields: Collection[str]) -> Iterator[str]:
    """The strings of a record, in order, however deep they lie.

    A field is named by the keys that lead to it, joined by dots, positions in lists left out: `choices.text`. A name
    stands for all that lies under it. `fields`, where there are any, are those that count, without `skip_fields`.

    >>> list(strings_of({"question": "a", "choices": [{"text": "b", "label": "c"}]}, ["choices"], ["choices.label"]))
    ['b']
    """
    waiting: list[tuple[tuple[str, ...], Any]] = [((), record)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*path, str(key)), member) for key, member in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(path, member) for member in reversed(value)]
        elif isinstance(value, str) and _is_wanted(path, fields, skip_fields):
            yield value


def _is_wanted(path: tuple[str, ...], fields: Collection[str], skip_fields: Collection[str]) -> bool:
    if not fields and not skip_fields:
        return True
    names = {".".join(path[:length]) for length in range(1, len(path) + 1)}
    return (not fields or not names.isdisjoint(fields)) and names.isdisjoint(skip_fields)


def benchmark_names(uris: Sequence[str]) -> tuple[str, ...]:
    """A name for each file: its own without suffixes, with as much of its folder before it as tells all apart.

    >>> benchmark_names(["/data/arc.jsonl.gz", "/data/boolq/test.parquet", "/data/piqa/test.parquet"])
    ('arc', 'boolq/test', 'piqa/test')
    """
    paths = [_without_suffixes(uri).replace("\\", "/").split("/") for uri in uris]
    shown = [1] * len(paths)
    while True:
        names = ["/".join(path[-length:]) for path, length in zip(paths, shown, strict=True)]
        clashing = [i for i, name in enumerate(names) if names.count(name) > 1 and shown[i] < len(paths[i])]
        if not clashing:
            return tuple(uri if names.count(name) > 1 else name for name, uri in zip(names, uris, strict=True))
        for i in clashing:
            shown[i] += 1


def _without_suffixes(uri: str) -> str:
    for compression in COMPRESSIONS:
        if uri.lower().endswith(compression):
            uri = uri[: -len(compression)]
    return uri[: -len(format_of(uri)) - 1]

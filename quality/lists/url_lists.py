"""Lists of domains and urls, and which entry of one a url meets."""

import ipaddress
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality.arrow_text import text_buffers
from quality.input_file import InputFile
from quality.kernel import kernel
from quality.lists.byte_set import ABSENT, FNV_OFFSET, ByteSet, as_text, byte_set, find, find_hashed, hash_on
from quality.lists.files import entries_of
from quality.lists.hosts import normal_hosts
from quality.lists.url_parts import FULL_STOP, QUESTION, SLASH, UrlParts, binary_array, url_parts

ENTRIES_AT_ONCE = 200_000


def domain_set(files: tuple[InputFile, ...]) -> ByteSet:
    """The domains in the files, a line each (`*.example.com` is example.com), or lines of a hosts file.

    Urls with a path and lines that name nothing are passed over: lists of millions hold some.
    """
    return _set_of(files, _domains)


def url_set(files: tuple[InputFile, ...]) -> ByteSet:
    """The urls in the files, a line each, as `url_keys` writes them."""
    return _set_of(files, url_keys)


def _set_of(files: tuple[InputFile, ...], read: Callable[[pa.Array, UrlParts], pa.Array]) -> ByteSet:
    """What `read` makes of hosts and parts of all entries; a slice at a time, for lists have millions."""
    entries = (name for file in files for line in entries_of(file) for name in _named(line))
    found = [pa.array([], pa.large_binary())]
    while lines := list(islice(entries, ENTRIES_AT_ONCE)):
        parts = url_parts(pa.array(lines, pa.large_string()))
        hosts, _ = normal_hosts(parts)
        found.append(read(hosts, parts).drop_null())
    return byte_set(pa.concat_arrays(found))


def _domains(hosts: pa.LargeStringArray, parts: UrlParts) -> pa.LargeBinaryArray:
    return hosts.filter(pc.equal(pc.binary_length(parts.rests), 0)).cast(pa.large_binary())


def _named(line: str) -> list[str]:
    """What a line of a list names; of a hosts file (`0.0.0.0 example.com # why`), its domains."""
    words = line.split()
    if len(words) > 1 and _is_address(words[0]):
        names = line.partition("#")[0].split()[1:]
        return [name for name in names if "." in name and not _is_address(name)]
    return [words[0].removeprefix("*").removeprefix(".")]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def url_keys(hosts: pa.LargeStringArray, parts: UrlParts) -> pa.LargeBinaryArray:
    """Urls as they are compared: normal host, decoded path and query; null without a host."""
    return pc.binary_join_element_wise(hosts.cast(pa.large_binary()), parts.rests, pa.scalar(b"", pa.large_binary()))


def domain_entries(hosts: pa.LargeStringArray, domains: ByteSet) -> pa.StringArray:
    """Of every host, the entry that is the host or the nearest domain above it; null: none."""
    return _met(hosts.cast(pa.large_binary()), domains, _nearest_domain)


def url_entries(keys: pa.LargeBinaryArray, urls: ByteSet, with_parents: bool) -> pa.StringArray:
    """Of every key, the entry that is the url, or `with_parents` the nearest path above it; null: none."""
    return _met(keys, urls, _nearest_path if with_parents else _whole_url)


def _met(texts: pa.Array, entries: ByteSet, look_up: Any) -> pa.StringArray:
    found = np.full(len(texts), ABSENT, np.int64)
    data, offsets = text_buffers(as_text(texts))
    look_up(data, offsets, entries, found)
    numbers = pa.array(found, mask=found == ABSENT)
    entry_texts = binary_array(entries.data, entries.offsets).take(numbers)
    return pa.array([_shown(entry) for entry in entry_texts.to_pylist()], pa.string())


def _shown(entry: bytes | None) -> str | None:
    return None if entry is None else entry.decode("utf-8", errors="replace")


@kernel
def _nearest_domain(data: Any, offsets: Any, entries: Any, found: Any) -> None:
    for i in range(len(offsets) - 1):
        label = offsets[i]
        while label < offsets[i + 1] and found[i] == ABSENT:
            found[i] = find(data, label, offsets[i + 1], entries)
            while label < offsets[i + 1] and data[label] != FULL_STOP:
                label += 1
            label += 1


@kernel
def _whole_url(data: Any, offsets: Any, entries: Any, found: Any) -> None:
    for i in range(len(offsets) - 1):
        found[i] = find(data, offsets[i], offsets[i + 1], entries)


@kernel
def _nearest_path(data: Any, offsets: Any, entries: Any, found: Any) -> None:
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        hashed = FNV_OFFSET
        for at in range(start, end + 1):
            if at == end or data[at] == SLASH or data[at] == QUESTION:
                nearer = find_hashed(hashed, data, start, at, entries)
                found[i] = found[i] if nearer == ABSENT else nearer
            if at < end:
                hashed = hash_on(hashed, data[at])

"""Urls taken apart: where the host and what follows it stand, and percent-encoded bytes as themselves."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quality.arrow_text import text_buffers
from quality.kernel import kernel

SPACE = ord(" ")
SLASH, BACKSLASH, QUESTION, HASH = ord("/"), ord("\\"), ord("?"), ord("#")
AT, COLON, PERCENT, FULL_STOP, HYPHEN, PLUS = ord("@"), ord(":"), ord("%"), ord("."), ord("-"), ord("+")
UNDERSCORE, LEFT_BRACKET, RIGHT_BRACKET = ord("_"), ord("["), ord("]")
ZERO, NINE, LOWER_A, LOWER_F, LOWER_Z = ord("0"), ord("9"), ord("a"), ord("f"), ord("z")
CASE_BIT = 0x20  # set: an ASCII letter in lower case

MAX_HOST_BYTES = 253  # RFC 1035, as written with dots
MAX_LABEL_BYTES = 63


class UrlParts(NamedTuple):
    """Of n urls the raw host (empty: none), whether it is plain (see `_is_plain`), and path with query, decoded."""

    hosts: pa.LargeBinaryArray
    is_plain: npt.NDArray[np.bool_]
    rests: pa.LargeBinaryArray  # without fragment and closing slashes


def url_parts(urls: pa.StringArray) -> UrlParts:
    """The parts of urls, as browsers take them apart; a null counts as empty.

    A url without a scheme begins with its host. One whose scheme has no host (`data:`, `javascript:`, `mailto:`) has
    none. User, password and port are left out.
    """
    data, offsets = text_buffers(urls)
    n_urls = len(urls)
    hosts = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
    rests = np.empty(len(hosts), np.uint8)
    host_offsets = np.zeros(n_urls + 1, np.int64)
    rest_offsets = np.zeros(n_urls + 1, np.int64)
    is_plain = np.zeros(n_urls, np.bool_)
    _take_apart(data, offsets, hosts, host_offsets, rests, rest_offsets, is_plain)
    return UrlParts(binary_array(hosts, host_offsets), is_plain, binary_array(rests, rest_offsets))


def binary_array(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> pa.LargeBinaryArray:
    """The byte strings data[offsets[i]:offsets[i + 1]]."""
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data[: offsets[-1]])]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)


@kernel
def _take_apart(
    data: Any, offsets: Any, hosts: Any, host_offsets: Any, rests: Any, rest_offsets: Any, is_plain: Any
) -> None:
    host_at = 0
    rest_at = 0
    for i in range(len(offsets) - 1):
        start, end = _stripped(data, offsets[i], offsets[i + 1])
        authority = _authority_start(data, start, end)
        if authority >= 0:
            rest = _authority_end(data, authority, end)
            host, host_end = _host_span(data, authority, rest)
            is_plain[i] = _is_plain(data, host, host_end)
            host_at = _copy(data, host, host_end, hosts, host_at)
            rest_at = _copy_rest(data, rest, end, rests, rest_at)
        host_offsets[i + 1] = host_at
        rest_offsets[i + 1] = rest_at


@kernel
def _stripped(data: Any, start: int, end: int) -> tuple[int, int]:
    """Without whitespace and control characters around."""
    while start < end and data[start] <= SPACE:
        start += 1
    while end > start and data[end - 1] <= SPACE:
        end -= 1
    return start, end


@kernel
def _authority_start(data: Any, start: int, end: int) -> int:
    """Where user, host and port begin; -1 for a scheme without them."""
    at = start
    while at < end and _is_scheme_byte(data[at]):
        at += 1
    if at < end and data[at] == COLON:
        if _begins_slashes(data, at + 1, end):
            return at + 3
        return start if _is_port(data, at + 1, _authority_end(data, at, end)) else -1
    return start + 2 if _begins_slashes(data, start, end) else start


@kernel
def _begins_slashes(data: Any, at: int, end: int) -> bool:
    return at + 1 < end and _is_slash(data[at]) and _is_slash(data[at + 1])


@kernel
def _authority_end(data: Any, at: int, end: int) -> int:
    while at < end and not (_is_slash(data[at]) or data[at] in (QUESTION, HASH)):
        at += 1
    return at


@kernel
def _host_span(data: Any, start: int, end: int) -> tuple[int, int]:
    """The host in user@host:port."""
    for at in range(start, end):
        if data[at] == AT:
            start = at + 1
    if start < end and data[start] == LEFT_BRACKET:  # an IPv6 address, which has colons of its own
        at = start
        while at < end and data[at] != RIGHT_BRACKET:
            at += 1
        return start, min(at + 1, end)
    host_end = start
    while host_end < end and data[host_end] != COLON:
        host_end += 1
    return start, host_end


@kernel
def _is_plain(data: Any, start: int, end: int) -> bool:
    """Whether a host is written as it is normally stored: labels of a-z, 0-9, - and _, the last with a letter first."""
    if start == end or end - start > MAX_HOST_BYTES:
        return False
    label = start
    for at in range(start, end):
        if data[at] == FULL_STOP:
            if at == label:
                return False
            label = at + 1
        elif not _is_plain_byte(data[at]) or at - label >= MAX_LABEL_BYTES:
            return False
    return label < end and LOWER_A <= data[label] <= LOWER_Z


@kernel
def _is_plain_byte(byte: int) -> bool:
    return LOWER_A <= byte <= LOWER_Z or ZERO <= byte <= NINE or byte in (HYPHEN, UNDERSCORE)


@kernel
def _is_scheme_byte(byte: int) -> bool:
    letter = byte | CASE_BIT
    is_letter = LOWER_A <= letter <= LOWER_Z
    return is_letter or ZERO <= byte <= NINE or byte in (PLUS, HYPHEN, FULL_STOP)


@kernel
def _is_slash(byte: int) -> bool:
    return byte in (SLASH, BACKSLASH)


@kernel
def _is_port(data: Any, start: int, end: int) -> bool:
    for at in range(start, end):
        if not ZERO <= data[at] <= NINE:
            return False
    return start < end


@kernel
def _copy(source: Any, start: int, end: int, target: Any, at: int) -> int:
    for i in range(start, end):
        target[at + i - start] = source[i]
    return at + end - start


@kernel
def _copy_rest(data: Any, start: int, end: int, target: Any, at: int) -> int:
    """Copy path and query, decoded; where the copy ends."""
    fragment = start
    while fragment < end and data[fragment] != HASH:
        fragment += 1
    stop = copy_decoded(data, start, fragment, target, at)
    while stop > at and target[stop - 1] == SLASH:
        stop -= 1
    return stop


@kernel
def copy_decoded(data: Any, start: int, end: int, target: Any, at: int) -> int:
    """Copy data[start:end] to target[at:], each %XX as the byte that it stands for; where the copy ends."""
    while start < end:
        high = _hex_digit(data[start + 1]) if data[start] == PERCENT and start + 2 < end else -1
        low = _hex_digit(data[start + 2]) if high >= 0 else -1
        if low >= 0:
            target[at] = high * 16 + low
            start += 3
        else:
            target[at] = data[start]
            start += 1
        at += 1
    return at


@kernel
def _hex_digit(byte: int) -> int:
    if ZERO <= byte <= NINE:
        return int(byte) - ZERO
    letter = int(byte) | CASE_BIT
    return letter - LOWER_A + 10 if LOWER_A <= letter <= LOWER_F else -1

"""Hosts of urls in one spelling: lower case, ASCII, no closing dot; addresses as addresses."""

import ipaddress
import re
import socket
import unicodedata
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from quality.lists.url_parts import MAX_HOST_BYTES, MAX_LABEL_BYTES, UrlParts

# A longer raw host is none, however it is encoded: a character of a host takes at most 12 bytes (%XX%XX%XX%XX).
MAX_RAW_BYTES = 12 * MAX_HOST_BYTES

# Characters that a host name may hold unseen (Unicode Technical Standard 46: "ignored").
UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
FULL_STOPS = str.maketrans("。．｡", "...")
LABEL = re.compile(rf"[a-z0-9_-]{{1,{MAX_LABEL_BYTES}}}")
NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")  # a last label like this makes the host an IPv4 address (WHATWG, URL)
NUMBERS = re.compile(r"[0-9a-fx.]+")


def normal_hosts(parts: UrlParts) -> tuple[pa.LargeStringArray, pa.LargeStringArray]:
    """The hosts of urls in one spelling, and those of them that are IP addresses; null: none.

    Plain hosts are taken as they are; Python looks at each other host once.
    """
    plain = pa.array(parts.is_plain)
    raw = pc.if_else(plain, pa.scalar(None, pa.large_binary()), parts.hosts).dictionary_encode()
    spelled = [normal_host(host.as_py()) for host in raw.dictionary]
    is_address = [host is not None and is_ip(host) for host in spelled]
    others = pa.array(spelled, pa.large_string()).take(raw.indices)
    hosts = pc.if_else(plain, parts.hosts, others.cast(pa.large_binary()))
    addresses = pc.if_else(pa.array(is_address, pa.bool_()).take(raw.indices), others, None)
    return pa.LargeStringArray.from_buffers(len(hosts), *hosts.buffers()[1:], hosts.buffers()[0]), addresses


def normal_host(raw: bytes) -> str | None:
    """A host in one spelling: a domain in lower case and Punycode, an IP address; None for what is neither."""
    if len(raw) > MAX_RAW_BYTES:
        return None
    host = unquote(raw.decode("utf-8", errors="replace"), errors="replace")
    host = unicodedata.normalize("NFKC", host.translate(UNSEEN)).lower()
    host = unicodedata.normalize("NFKC", host).translate(FULL_STOPS).strip().rstrip(".")
    if host.startswith("["):
        return _ipv6(host)
    if NUMBER.fullmatch(host.rpartition(".")[2]):
        return _ipv4(host)
    labels = [_ascii_label(label) for label in host.split(".")]
    normal = ".".join(labels)
    if len(normal) > MAX_HOST_BYTES or not all(map(LABEL.fullmatch, labels)):
        return None
    return normal


def is_ip(host: str) -> bool:
    """Whether a normal host is an IP address."""
    return ":" in host or host.rpartition(".")[2].isdecimal()


def _ascii_label(label: str) -> str:
    if label.isascii() or "\ufffd" in label:
        return label
    return "xn--" + label.encode("punycode").decode("ascii")


def _ipv6(host: str) -> str | None:
    try:
        return str(ipaddress.IPv6Address(host.strip("[]")))
    except ValueError:
        return None


def _ipv4(host: str) -> str | None:
    """Also in the short, octal and hexadecimal forms that browsers take: 127.1, 0x7f000001."""
    if not NUMBERS.fullmatch(host):  # inet_aton reads on up to the first space
        return None
    try:
        return str(ipaddress.IPv4Address(socket.inet_aton(host)))
    except OSError:
        return None

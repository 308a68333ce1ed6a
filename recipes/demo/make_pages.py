"""Builds the demo's web archive `pages.warc.gz` from the files in `pages/`.

    python recipes/demo/make_pages.py            write the archive
    python recipes/demo/make_pages.py --check    exit 1 if the committed archive is not what would be written

A page file starts with comment lines `<!-- key: value -->` that are no part of the page: first `url` and
`exercises`, then any of `KEYS`. The rest is the page, in which `{{repeat:N:text}}`, `{{token:N}}` (a word of
N characters) and `{{bytes:HEX}}` stand for what nobody wants to store. Everything follows from the files, so
each run gives the same bytes. Records are WARC/1.1 (ISO 28500:2017), one gzip member each; the last one is
cut off in the middle on purpose, as a broken download leaves it.
"""

import argparse
import base64
import hashlib
import re
import struct
import sys
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path

PAGES = Path(__file__).parent / "pages"
ARCHIVE = Path(__file__).parent / "pages.warc.gz"

# `derived-from` takes another file's page (not its keys), on which each `replace: old => new` is carried out.
SENT_AS_IS = ("location", "content-encoding", "transfer-encoding")
KEYS = ("url", "exercises", "derived-from", "replace", "status", "charset", "content-type", *SENT_AS_IS)
KEY_LINE = re.compile(r"<!-- ([a-z-]+): (.*) -->\n")
MACRO = re.compile(r"\{\{(?:repeat:(?P<times>\d+):(?P<text>.*?)|token:(?P<length>\d+))\}\}", re.DOTALL)
BYTES_MACRO = re.compile(rb"\{\{bytes:([0-9a-f]+)\}\}")

FIRST_DATE = datetime(2024, 1, 1, tzinfo=UTC)
DATE_SPAN_S = 366 * 86_400  # every page is dated within 2024
DATE_FORMAT = "%Y-%m-%dT%H:%M:%SZ"  # of WARC: UTC, to the second
CHUNK_BYTES = 101  # of chunked transfer: odd, so that chunks end inside words and characters
REVISIT_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
# Deflate, no flags, time 0, unknown system (RFC 1952): Python versions differ in the system they write.
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
PNG_BASE64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="


@dataclass(frozen=True)
class Page:
    """A page's address, its bytes before any content or transfer encoding, and its keys."""

    url: str
    body: bytes
    keys: dict[str, str]


def read_page(path: Path) -> Page:
    """The page in file `path`; ValueError names what breaks the rules given at the top of this module."""
    keys, replacements, text = split_keys(path)
    if "derived-from" in keys:
        text = split_keys(path.parent / keys["derived-from"])[2]
    for replacement in replacements:
        old, _, new = replacement.partition(" => ")
        if text.count(old) != 1:
            raise ValueError(f"{path.name}: replace {old!r} must match once, matches {text.count(old)} times")
        text = text.replace(old, new)
    body = MACRO.sub(expand, text).encode(keys.get("charset", "utf-8"))
    body = BYTES_MACRO.sub(lambda match: bytes.fromhex(match[1].decode()), body)
    return Page(keys["url"], body, keys)


def split_keys(path: Path) -> tuple[dict[str, str], list[str], str]:
    """The keys of file `path`, its `replace` lines in order, and the text below them."""
    text = path.read_bytes().decode("utf-8")
    keys: dict[str, str] = {}
    replacements = []
    while line := KEY_LINE.match(text):
        key, value = line.groups()
        if key not in KEYS or key in keys:
            raise ValueError(f"{path.name}: key {key!r} unknown or written twice; use {', '.join(KEYS)}")
        if key == "replace":
            replacements.append(value)
        else:
            keys[key] = value
        text = text[line.end() :]
    if list(keys)[:2] != ["url", "exercises"]:
        raise ValueError(f"{path.name}: must start with url and exercises, starts with {list(keys)[:2]}")
    return keys, replacements, text


def expand(macro: re.Match[str]) -> str:
    """The text that a `repeat` or `token` macro stands for."""
    if macro["text"] is not None:
        return macro["text"] * int(macro["times"])
    length = int(macro["length"])
    return "".join(hashlib.sha256(str(i).encode()).hexdigest() for i in range(length // 64 + 1))[:length]


def http_message(page: Page) -> tuple[bytes, bytes]:
    """The HTTP header block and the body as sent, with the page's encodings applied."""
    keys, body = page.keys, page.body
    status = HTTPStatus(int(keys.get("status", "200")))
    fields = {"Date": format_datetime(date_of(page.url), usegmt=True)}
    fields["Content-Type"] = keys.get("content-type", f"text/html; charset={keys.get('charset', 'utf-8')}")
    fields |= {name.title(): keys[name] for name in SENT_AS_IS if name in keys}
    if keys.get("content-encoding") == "gzip":
        body = gzip_member(body, level=0)
    if keys.get("transfer-encoding") == "chunked":
        pieces = [body[i : i + CHUNK_BYTES] for i in range(0, len(body), CHUNK_BYTES)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    else:
        fields["Content-Length"] = str(len(body))
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() + header_lines(fields), body


def date_of(url: str) -> datetime:
    """A moment in 2024 that depends on the url alone."""
    return FIRST_DATE + timedelta(seconds=zlib.crc32(url.encode()) % DATE_SPAN_S)


def header_lines(fields: dict[str, str]) -> bytes:
    """Header fields in the form that HTTP and WARC share, with the empty line after them."""
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n"


def digest(data: bytes) -> str:
    """A WARC digest: SHA-1 in base32, as crawlers write it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def gzip_member(data: bytes, level: int = 9) -> bytes:
    """`data` as one gzip member; level 0 stores it, which every zlib does in the same bytes."""
    deflated = zlib.compress(data, level, -zlib.MAX_WBITS)
    return GZIP_HEADER + deflated + struct.pack("<II", zlib.crc32(data), len(data))


def record_id(kind: str, url: str) -> str:
    """The id of the record of this kind and url."""
    return f"<{uuid.uuid5(uuid.NAMESPACE_URL, f'{kind} {url}').urn}>"


def record(kind: str, url: str, date: datetime, block: bytes, extra: dict[str, str]) -> bytes:
    """One WARC record, not yet compressed."""
    fields = {"WARC-Type": kind, "WARC-Record-ID": record_id(kind, url), "WARC-Date": f"{date:{DATE_FORMAT}}"}
    fields |= {**extra, "WARC-Block-Digest": digest(block), "Content-Length": str(len(block))}
    return b"WARC/1.1\r\n" + header_lines(fields) + block + b"\r\n\r\n"


def exchange(page: Page, revisited: bool = False) -> bytes:
    """The response record of a page, or (`revisited`) of a later visit that found the same body."""
    header, body = http_message(page)
    date = date_of(page.url)
    extra = {"WARC-Target-URI": page.url, "Content-Type": "application/http; msgtype=response"}
    extra["WARC-Payload-Digest"] = digest(body)
    if not revisited:
        return record("response", page.url, date, header + body, extra)
    extra |= {"WARC-Profile": REVISIT_PROFILE, "WARC-Refers-To": record_id("response", page.url)}
    extra |= {"WARC-Refers-To-Target-URI": page.url, "WARC-Refers-To-Date": f"{date:{DATE_FORMAT}}"}
    return record("revisit", page.url, date + timedelta(days=365), header, extra)


def build(pages: list[Page]) -> bytes:
    """The whole archive: warcinfo, the pages, a revisit, a picture, and a record that is cut off."""
    info = header_lines({"software": "mixdown recipes/demo", "format": "WARC File Format 1.1"})
    about = {"WARC-Filename": ARCHIVE.name, "Content-Type": "application/warc-fields"}
    png = base64.b64decode(PNG_BASE64)
    dot = Page("https://rainbarrel.example/images/dot.png", png, {"content-type": "image/png"})
    records = [record("warcinfo", ARCHIVE.name, FIRST_DATE, info, about)]
    records += [exchange(page) for page in pages]
    records += [exchange(pages[0], revisited=True), exchange(dot)]
    cut_off = Page("https://rainbarrel.example/cut-off", pages[0].body, {})
    broken = gzip_member(exchange(cut_off), level=0)
    return b"".join(gzip_member(data) for data in records) + broken[: len(broken) // 2]


def members(archive: bytes) -> list[bytes]:
    """What the gzip members hold, the last as far as it goes; unlike the file, the same from every zlib."""
    found = []
    while archive:
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        found.append(inflater.decompress(archive))
        archive = inflater.unused_data
    return found


def main() -> int:
    """Write or check the archive; returns the exit status."""
    parser = argparse.ArgumentParser(description="Build the demo's web archive from its pages.")
    parser.add_argument("--check", action="store_true", help="compare with the file on disk, write nothing")
    check: bool = parser.parse_args().check
    archive = build([read_page(path) for path in sorted(PAGES.glob("*.html"))])
    if not check:
        ARCHIVE.write_bytes(archive)
    elif not ARCHIVE.exists() or members(ARCHIVE.read_bytes()) != members(archive):
        print(f"{ARCHIVE} is not what {PAGES} gives; write it anew without --check", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

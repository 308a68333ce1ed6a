"""HTTP responses as archives hold them: status, headers and the decoded body, never larger than asked for."""

import io
import re
import zlib
from dataclasses import dataclass

from fastwarc.stream_io import BrotliReader, ZstdReader

MAX_HEADER_BYTES = 1 << 16
MAX_ENCODINGS = 3  # Content-Encodings stacked on one another; more is an attack
STATUS_LINE = re.compile(rb"HTTP/\d[.\d]*[ \t]+(\d{3})")
HEADER_END = re.compile(rb"\n\r?\n")
CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[^\n]*\n")
CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s\"';,]+)", re.IGNORECASE)
GZIP_MAGIC = b"\x1f\x8b"
MARKUP_START = re.compile(rb"[\s\xef\xbb\xbf]*<[a-zA-Z!?]")


class UnreadableBody(Exception):
    """The body cannot be decoded; `reason` is the record's reason."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response; header names in lower case, the first of a repeated name, `body` as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The Content-Type without parameters, in lower case; empty if there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The Content-Type's charset parameter."""
        found = CHARSET.search(self.headers.get("content-type", ""))
        return found[1] if found else None


def parse_response(block: bytes) -> HttpResponse | None:
    """The response in a record's content; None if it does not begin with a status line."""
    status = STATUS_LINE.match(block)
    if status is None:
        return None
    end = HEADER_END.search(block, 0, MAX_HEADER_BYTES)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block[:MAX_HEADER_BYTES], b"")
    headers: dict[str, str] = {}
    for line in head.split(b"\n")[1:]:
        name, _, value = line.decode("latin-1").partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return HttpResponse(int(status[1]), headers, body)


def decoded_body(response: HttpResponse, max_bytes: int) -> bytes:
    """The body without its transfer and content encodings; raises UnreadableBody.

    Many crawlers store the decoded body and keep the headers: a body that does not look encoded is taken as
    it is.
    """
    body = response.body
    if "chunked" in response.headers.get("transfer-encoding", "").lower():
        body = joined_chunks(body)
    encodings = [name.strip().lower() for name in response.headers.get("content-encoding", "").split(",")]
    if len(encodings) > MAX_ENCODINGS:
        raise UnreadableBody("content_encoding", f"{len(encodings)} encodings, at most {MAX_ENCODINGS} are undone")
    for encoding in reversed(encodings):
        body = _decompressed(body, encoding, max_bytes)
    if len(body) > max_bytes:
        raise UnreadableBody("payload_too_large", f"over max_payload_bytes = {max_bytes}")
    return body


def joined_chunks(body: bytes) -> bytes:
    """The chunks of RFC 9112, section 7.1, joined; `body` itself if it does not begin with a chunk."""
    chunks: list[bytes] = []
    at = 0
    while at < len(body):
        size = CHUNK_SIZE.match(body, at)
        if size is None and at == 0:
            return body
        if size is None:
            raise UnreadableBody("chunked", f"no chunk size at byte {at}, found {body[at : at + 20]!r}")
        size_bytes = int(size[1], 16)
        if size_bytes == 0:
            return b"".join(chunks)
        chunks.append(body[size.end() : size.end() + size_bytes])
        if len(chunks[-1]) < size_bytes:
            if len(chunks) == 1:
                return body
            raise UnreadableBody("chunked", f"chunk of {size_bytes} bytes at byte {at} is cut off")
        at = size.end() + size_bytes
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    raise UnreadableBody("chunked", "the last chunk is missing")


def _decompressed(body: bytes, encoding: str, max_bytes: int) -> bytes:
    if encoding in ("", "identity", "utf-8", "none") or not body or MARKUP_START.match(body):
        return body
    try:
        if encoding in ("gzip", "x-gzip"):
            return _inflated(body, zlib.MAX_WBITS | 16, max_bytes) if body.startswith(GZIP_MAGIC) else body
        if encoding == "deflate":  # sent with and without the zlib wrapper
            has_wrapper = body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0  # RFC 1950, section 2.2
            return _inflated(body, zlib.MAX_WBITS if has_wrapper else -zlib.MAX_WBITS, max_bytes)
        if encoding == "br":
            return bytes(BrotliReader(io.BytesIO(body)).read(max_bytes + 1))
        if encoding == "zstd":
            return bytes(ZstdReader(io.BytesIO(body)).read(max_bytes + 1))
    except (zlib.error, OSError) as error:
        raise UnreadableBody("content_encoding", f"{encoding}: {error}") from error
    raise UnreadableBody("content_encoding", f"unknown encoding {encoding[:40]!r}")


def _inflated(body: bytes, window_bits: int, max_bytes: int) -> bytes:
    stream = zlib.decompressobj(window_bits)
    data = stream.decompress(body, max_bytes + 1)
    if not stream.eof and len(data) <= max_bytes:
        raise UnreadableBody("content_encoding", f"compressed body is cut off after {len(data)} decoded bytes")
    return data

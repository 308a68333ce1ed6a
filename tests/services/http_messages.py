"""HTTP messages as bytes on a socket: read whole, so that a proxy can pass them on as they were."""

import socket
from io import BufferedReader
from typing import NamedTuple
from urllib.parse import urlsplit


class Request(NamedTuple):
    """A request's bytes."""

    method: str
    target: str
    head: bytes
    body: bytes

    @property
    def operation(self) -> str:
        """What S3 calls it."""
        query = urlsplit(self.target).query
        if "list-type=" in query:
            return "ListObjects"
        if "uploads" in query.split("&")[0] or "uploads" in query:
            return "ListUploads" if self.method == "GET" else "CreateMultipartUpload"
        if "uploadId=" in query:
            return {"PUT": "UploadPart", "POST": "CompleteMultipartUpload"}.get(self.method, "AbortMultipartUpload")
        place = "Object" if urlsplit(self.target).path.strip("/").count("/") else "Bucket"
        return f"{self.method.capitalize()}{place}"


def read_request(reader: BufferedReader, client: socket.socket) -> Request | None:
    """The next request; None where the client has closed."""
    head = _read_head(reader)
    if not head:
        return None
    method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    fields = _fields(head)
    if fields.get("expect", "").lower() == "100-continue":  # not signed; the store is sent the body at once
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"expect:")]
        head = b"\r\n".join(lines)
    size_bytes = int(fields.get("content-length", "0"))
    body = reader.read(size_bytes)
    if fields.get("transfer-encoding", "").lower() == "chunked":
        body = _read_chunks(reader)
    elif len(body) < size_bytes:
        return None
    return Request(method, target, head, body)


def _read_chunks(reader: BufferedReader) -> bytes:
    """The chunks as they were sent."""
    whole = b""
    while True:
        line = reader.readline()
        size_bytes = int(line.split(b";")[0], 16)
        whole += line + reader.read(size_bytes + 2)
        if not size_bytes:
            return whole


def _read_head(reader: BufferedReader) -> bytes:
    """Up to the empty line and with it; empty where the other side has closed."""
    lines = []
    while line := reader.readline(1 << 16):
        lines.append(line)
        if line in (b"\r\n", b"\n"):
            return b"".join(lines)
    return b""


def _fields(head: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:] if line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def read_answer_head(store: BufferedReader, method: str) -> tuple[bytes, int | None, bool]:
    """(head, bytes of the body, whether it is the connection's last answer); None: until the store closes."""
    head = _read_head(store)
    while head.startswith(b"HTTP/1.1 100"):
        head = _read_head(store)
    if not head:
        raise ConnectionError("the store closed without an answer")
    status = int(head.split(b" ", 2)[1])
    fields = _fields(head)
    if method == "HEAD" or status in (204, 304):
        return head, 0, False
    if "content-length" in fields:
        return head, int(fields["content-length"]), fields.get("connection", "").lower() == "close"
    # Chunks are passed on as they come; so that their end is seen, the connection ends with them.
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    whole = _read_chunks(store) if fields.get("transfer-encoding", "").lower() == "chunked" else None
    if whole is None:
        return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]]), None, True
    lines = [line for line in lines if not line.lower().startswith(b"transfer-encoding:")]
    body = _plain(whole)
    lines.insert(1, b"Content-Length: " + str(len(body)).encode())
    return b"\r\n".join(lines) + body, 0, False


def _plain(chunks: bytes) -> bytes:
    plain, at = b"", 0
    while True:
        end = chunks.index(b"\r\n", at)
        size_bytes = int(chunks[at:end].split(b";")[0], 16)
        if not size_bytes:
            return plain
        plain += chunks[end + 2 : end + 2 + size_bytes]
        at = end + 4 + size_bytes

"""A server on loopback that gives files the way servers on the web do: with and without ranges, and with trouble."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Served:
    """What is served: contents by path, and how. `statuses` and `cuts` are used up by the requests to come."""

    files: dict[str, bytes]
    ranges: bool = True
    etags: bool = True
    dates: bool = False
    sized: bool = True
    encoding: str = ""
    statuses: list[int] = field(default_factory=list)  # answered in turn, before anything else
    cuts: list[int] = field(default_factory=list)  # the connection ends after so many bytes
    redirects: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)  # path and range, as they came
    address: str = ""


@contextmanager
def serving(served: Served) -> Iterator[Served]:
    """`served` on a port of its own; `served.address` has no slash at its end."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            served.requests.append((self.path, asked))
            if served.statuses:
                self.send_response(served.statuses.pop(0))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path in served.redirects:
                self.send_response(302)
                self.send_header("Location", served.redirects[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path not in served.files:
                self.send_error(404)
            else:
                self._give(served.files[self.path], asked)

        def _give(self, data: bytes, asked: str) -> None:
            etag = f'"{hash(data) & 0xFFFFFF}"'
            start = int(asked.removeprefix("bytes=").rstrip("-") or 0) if served.ranges else 0
            if self.headers.get("If-Range", etag) != etag:
                start = 0
            is_part = served.ranges and bool(asked) and self.headers.get("If-Range", etag) == etag
            if is_part and start >= len(data):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if is_part else 200)
            if is_part:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            if served.etags:
                self.send_header("ETag", etag)
            if served.dates:
                self.send_header("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
            if served.encoding:
                self.send_header("Content-Encoding", served.encoding)
            body = data[start:]
            if served.sized:
                self.send_header("Content-Length", str(len(body)))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            if served.cuts:
                self.wfile.write(body[: served.cuts.pop(0)])
                self.wfile.flush()
                self.close_connection = True
                return
            self.wfile.write(body)
            self.close_connection = not served.sized

        def log_message(self, format: str, *args: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(ConnectionError):
                super().handle()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

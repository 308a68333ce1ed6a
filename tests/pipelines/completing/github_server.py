"""A local HTTP server that plays GitHub's REST API: prepared answers by path, and a record of what was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Prepared:
    """One answer; `body` is sent as JSON unless it is bytes. `promised_bytes` is a false Content-Length."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised_bytes: int | None = None


@dataclass
class Asked:
    path: str
    headers: dict[str, str]


class Github:
    """The server's state: the answers of a path are given in turn, the last one for ever."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.answers: dict[str, list[Prepared]] = {}
        self.asked: list[Asked] = []

    def prepare(self, path: str, *answers: Prepared) -> None:
        self.answers[path] = list(answers)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def answer(self, path: str, headers: dict[str, str]) -> Prepared:
        self.asked.append(Asked(path, headers))
        waiting = self.answers.get(path, [Prepared({"message": "Not Found"}, 404)])
        prepared = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        etag = prepared.headers.get("ETag")
        return Prepared(b"", 304, {"ETag": etag}) if etag and headers.get("if-none-match") == etag else prepared


@contextmanager
def github() -> Iterator[Github]:
    """A server on a free port of the loopback."""
    state = Github("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            prepared = state.answer(self.path, {name.lower(): value for name, value in self.headers.items()})
            body = prepared.body if isinstance(prepared.body, bytes) else json.dumps(prepared.body).encode()
            self.send_response(prepared.status)
            for name, value in prepared.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(prepared.promised_bytes or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A local HTTP server that plays an OpenAI-compatible endpoint, good or bad."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Reply(NamedTuple):
    """What the server answers."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False  # whether the connection ends in the middle of the body


class Teacher(NamedTuple):
    """The address of a running server, and the bodies and headers of the requests that it got."""

    url: str
    requests: list[dict[str, Any]]
    headers: list[dict[str, str]]


def said(text: str, finish_reason: str = "stop") -> Reply:
    """An answer of the right form."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    return Reply(body=json.dumps({"id": "x", "object": "chat.completion", "choices": [choice]}).encode())


@contextmanager
def teacher(answer: Callable[[int, dict[str, Any]], Reply]) -> Iterator[Teacher]:
    """A server that answers request number n, from 0, with `answer(n, body)`."""
    requests: list[dict[str, Any]] = []
    headers: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            requests.append({**body, "path": self.path})
            headers.append({name.lower(): value for name, value in self.headers.items()})
            reply = answer(len(requests) - 1, body)
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + (100 if reply.cut else 0)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Teacher(f"http://127.0.0.1:{server.server_port}/v1", requests, headers)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

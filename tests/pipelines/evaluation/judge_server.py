"""A server on loopback that plays a judge, in several characters."""

import http.server
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Character = Callable[[str, str], str]  # both answers as shown, to what the judge says


def prefers_longer(first: str, second: str) -> str:
    """Whatever the order."""
    return "I counted. " + ("[[C]]" if len(first) == len(second) else "[[A]]" if len(first) > len(second) else "[[B]]")


def prefers_first(_: str, __: str) -> str:
    """All bias, and it thinks aloud about another verdict first."""
    return "At first I thought [[B]], but no.\n[[A]]"


def says_nothing(_: str, __: str) -> str:
    """Never a verdict."""
    return "Both are remarkable. [A]"


class Judge:
    """What the server was asked, and how it misbehaves before it answers."""

    def __init__(self, character: Character) -> None:
        self.character = character
        self.requests: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.statuses: list[int] = []  # the next requests get these, then answers
        self.url = ""


@contextmanager
def judge_server(character: Character) -> Iterator[Judge]:
    """Runs until the block ends."""
    judge = Judge(character)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            judge.requests.append(body)
            judge.authorizations.append(self.headers.get("Authorization"))
            status = judge.statuses.pop(0) if judge.statuses else 200
            data = json.dumps(self.answer(body) if status == 200 else {"error": status}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            if status == 429:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(data)

        def answer(self, body: dict[str, Any]) -> dict[str, Any]:
            message = body["messages"][0]["content"]
            shown = re.findall(r"\[Beginning of answer [AB]\]\n(.*?)\n\[End of answer [AB]\]", message, re.DOTALL)
            assert len(shown) == 2
            return {"choices": [{"message": {"content": judge.character(*shown)}, "finish_reason": "stop"}]}

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    judge.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield judge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

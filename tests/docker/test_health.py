"""docker/answers.sh against a real server, since every image's health rests on it."""

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.docker.files import DOCKER
from tests.services.processes import free_port


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response({"/": 200, "/broken": 503}.get(self.path, 404))
        self.end_headers()
        self.wfile.write(b'{"scheduler":{"status":"healthy"}}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def healthy(port: int, *arguments: str) -> bool:
    command = ["bash", str(DOCKER / "answers.sh"), str(port), *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


def test_only_200_with_the_text_is_healthy(port: int) -> None:
    assert healthy(port, "/")
    assert healthy(port, "/", '"scheduler":{"status":"healthy"')
    assert not healthy(port, "/", '"scheduler":{"status":"unhealthy"')
    assert not healthy(port, "/broken")
    assert not healthy(port, "/elsewhere")


def test_nobody_listening_is_not_healthy() -> None:
    assert not healthy(free_port(), "/")

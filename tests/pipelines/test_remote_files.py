"""Files by address, fetched from a real server on this machine."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pipelines import remote_files
from pipelines.input_files import with_files
from pipelines.lake import Lake
from pipelines.recipe_keys.problems import RecipeError
from pipelines.remote_files import fetched
from quality.input_file import InputFile, read_input
from quality.signal_group import signal_groups

CONTENT = b"the bytes of a model" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(HTTPServer):
    requests = 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.requests += 1
        if self.path == "/gone":
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def address(server: Server, path: str = "/model.bin") -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_a_file_is_fetched_once_and_kept_by_its_digest(server: Server, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    first = fetched(address(server), DIGEST, lake)
    assert first == {"uri": f"{tmp_path}/inputs/{DIGEST}", "sha256": DIGEST}
    assert read_input(InputFile.model_validate(first)) == CONTENT
    assert fetched(address(server), DIGEST, lake) == first
    assert server.requests == 1


def test_a_recipe_names_it(server: Server, tmp_path: Path) -> None:
    settings = signal_groups()["language"].settings.model_validate(
        {"model": {"uri": address(server), "sha256": DIGEST}}
    )
    resolved = with_files(settings, tmp_path, Lake(str(tmp_path))).model_dump()
    assert resolved["model"] == {"uri": f"{tmp_path}/inputs/{DIGEST}", "sha256": DIGEST}
    with pytest.raises(RecipeError, match="there is no lake"):
        with_files(settings, tmp_path)


def test_another_digest_than_the_recipes_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=f"has the SHA-256 {DIGEST}, not 0000"):
        fetched(address(server), "0" * 64, Lake(str(tmp_path)))
    assert not (tmp_path / "inputs").exists()
    fetched(address(server), DIGEST, Lake(str(tmp_path)))
    with pytest.raises(RecipeError, match="as the recipe says"):
        fetched(address(server), "0" * 64, Lake(str(tmp_path)))


def test_a_pinned_local_file_is_checked_too(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(CONTENT)
    group = signal_groups()["language"].settings
    pinned = {"model": {"uri": "model.bin", "sha256": DIGEST}}
    assert with_files(group.model_validate(pinned), tmp_path).model_dump()["model"]["sha256"] == DIGEST
    pinned["model"]["sha256"] = "1" * 64
    with pytest.raises(RecipeError, match="not 1111"):
        with_files(group.model_validate(pinned), tmp_path)


def test_what_is_too_large_is_not_kept(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_files, "MAX_BYTES", len(CONTENT) - 1)
    with pytest.raises(RecipeError, match="more than 19,999 bytes"):
        fetched(address(server), DIGEST, Lake(str(tmp_path)))
    assert not (tmp_path / "inputs").exists()


def test_what_is_not_there_is_named(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"/gone cannot be fetched: HTTP Error 404"):
        fetched(address(server, "/gone"), DIGEST, Lake(str(tmp_path)))


def test_http_needs_a_digest(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="is not https: give the file's `sha256`"):
        fetched(address(server), "", Lake(str(tmp_path)))
    assert server.requests == 0

"""The demo's pages and the web archive that is built from them."""

import base64
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest
from fastwarc.warc import ArchiveIterator

DEMO = Path(__file__).parents[2] / "recipes" / "demo"
PAGE_FILES = sorted((DEMO / "pages").glob("*.html"))
HEADER = "<!-- url: https://host.example/ -->\n<!-- exercises: x -->\n"


def load_builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo_make_pages", DEMO / "make_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


builder = load_builder()


def read_archive(
    parse_http: bool = True, auto_decode: Literal["none", "all"] = "none"
) -> Iterator[tuple[str, dict[str, str], str, bytes]]:
    """Type, WARC header, HTTP status and content of every record of the committed archive."""
    with builder.ARCHIVE.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=parse_http, auto_decode=auto_decode):
            header, http = dict(record.headers), record.http_headers
            status = "" if http is None else str(http.status_code)
            yield header["WARC-Type"], header, status, record.reader.read()


def bodies() -> dict[str, bytes]:
    """The decoded body of every response, by url."""
    return {
        header["WARC-Target-URI"]: body
        for kind, header, _, body in read_archive(auto_decode="all")
        if kind == "response"
    }


def page_of(prefix: str) -> tuple[str, bytes]:
    """Url and body of the page file whose name starts with `prefix`."""
    (path,) = [path for path in PAGE_FILES if path.name.startswith(prefix)]
    page = builder.read_page(path)
    return page.url, page.body


def test_committed_archive_is_what_the_pages_give() -> None:
    command = [sys.executable, str(DEMO / "make_pages.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_check_notices_a_changed_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text(HEADER + "<p>another page</p>")
    monkeypatch.setattr(builder, "PAGES", tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_pages.py", "--check"])
    assert builder.main() == 1


def test_bytes_depend_on_neither_place_nor_hash_seed(tmp_path: Path) -> None:
    archives = []
    for seed in ("1", "2"):
        copy = tmp_path / seed
        shutil.copytree(builder.PAGES, copy / "pages")
        shutil.copy(DEMO / "make_pages.py", copy)
        command = [sys.executable, str(copy / "make_pages.py")]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, check=True)
        archives.append((copy / builder.ARCHIVE.name).read_bytes())
    assert archives[0] == archives[1]


def test_archive_is_large_and_small_enough() -> None:
    pages = [kind for kind, _, status, _ in read_archive() if (kind, status) == ("response", "200")]
    assert len(pages) >= 60
    assert builder.ARCHIVE.stat().st_size < 1_000_000


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.name)
def test_page_file_says_its_url_and_what_it_exercises(path: Path) -> None:
    first, second = path.read_text(encoding="utf-8").splitlines()[:2]
    assert first.startswith(("<!-- url: https://", "<!-- url: http://"))
    assert ".example" in first
    assert second.startswith("<!-- exercises: ")
    assert len(second) > len("<!-- exercises:  -->")


def test_urls_are_distinct() -> None:
    urls = Counter(builder.read_page(path).url for path in PAGE_FILES)
    assert [url for url, times in urls.items() if times > 1] == []


def test_every_record_but_the_last_is_whole() -> None:
    records = list(read_archive(parse_http=False))
    whole = [
        header["WARC-Block-Digest"] == "sha1:" + base64.b32encode(hashlib.sha1(block).digest()).decode()
        for _, header, _, block in records
    ]
    assert whole == [True] * (len(records) - 1) + [False]
    _, header, _, block = records[-1]
    assert 0 < len(block) < int(header["Content-Length"])


def test_record_level_cases_are_present() -> None:
    kinds = Counter((kind, status) for kind, _, status, _ in read_archive())
    assert kinds["warcinfo", ""] == 1
    assert kinds["revisit", "200"] == 1
    assert kinds["response", "301"] >= 1
    assert kinds["response", "404"] >= 1
    assert any(body.startswith(b"\x89PNG") for body in bodies().values())


@pytest.mark.parametrize("prefix", ["c01", "c02"])
def test_encoded_bodies_decode_to_the_page(prefix: str) -> None:
    url, body = page_of(prefix)
    sent = {header.get("WARC-Target-URI"): body for _, header, _, body in read_archive()}
    assert bodies()[url] == body != sent[url]


def test_legacy_charsets_are_really_used() -> None:
    assert "Füßen dröhnt".encode("windows-1252") in page_of("b13")[1]
    assert "古本屋".encode("shift_jis") in page_of("b16")[1]


def test_duplicates_are_duplicates() -> None:
    assert page_of("b25")[1] == page_of("b01")[1]
    assert page_of("b26")[1].decode("utf-8") == page_of("b13")[1].decode("windows-1252")
    assert page_of("b21")[1] != page_of("b02")[1]


def test_macros_expand(tmp_path: Path) -> None:
    path = tmp_path / "macros.html"
    path.write_text(HEADER + "<p>{{repeat:3:ab\n}}|{{token:130}}|{{bytes:00ff}}</p>")
    repeated, token, raw = builder.read_page(path).body.removeprefix(b"<p>").removesuffix(b"</p>").split(b"|")
    assert repeated == b"ab\nab\nab\n"
    assert len(token) == 130
    assert token.isalnum()
    assert raw == b"\x00\xff"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<p>no keys</p>", "must start with url and exercises"),
        ("<!-- exercises: x -->\n<!-- url: https://host.example/ -->\n", "must start with url and exercises"),
        (HEADER + "<!-- colour: blue -->\n", "'colour' unknown or written twice"),
        (HEADER + "<!-- status: 404 -->\n<!-- status: 200 -->\n", "'status' unknown or written twice"),
        (HEADER + "<!-- replace: old => new -->\n<p>old, old</p>", "matches 2 times"),
    ],
)
def test_mistakes_in_a_page_file_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "mistake.html"
    path.write_text(text)
    with pytest.raises(ValueError, match=complaint) as raised:
        builder.read_page(path)
    assert "mistake.html" in str(raised.value)

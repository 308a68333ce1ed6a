"""Real text to measure on: pages of documentation from Debian packages, source files, and crawls where there are some.

Pages are extracted as the web source extracts them. The same packages give the same documents in the same order.
"""

import os
import random
import subprocess
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipelines.readers.web.html import extract_main_text

PACKAGES = (
    "python3.11-doc",
    "postgresql-doc-15",
    "git-doc",
    "python-django-doc",
    "python-sqlalchemy-doc",
    "debian-handbook",  # in a dozen languages
    "apache2-doc",  # likewise
    "libreoffice-help-de",
    "libreoffice-help-fr",
)
MAX_PAGES = 1200  # of a package
MAX_SOURCE_FILES = 2000
LEAST_CHARS = 100
LARGEST_BYTES = 400_000
SEED = 7


class Text(NamedTuple):
    """A document and where it comes from."""

    source: str
    text: str


def packages_folder() -> Path:
    """Where downloaded packages are kept: what MIXDOWN_BENCH_CORPUS names, else a folder of the build."""
    folder = Path(os.environ.get("MIXDOWN_BENCH_CORPUS") or "build/bench-packages")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def documents(folder: Path) -> list[Text]:
    """All documents, shuffled by SEED; `folder` keeps the downloaded packages. Read once a process."""
    found = [*_pages(folder), *_source_files(), *_crawled()]
    random.Random(SEED).shuffle(found)
    return found


def first_bytes(texts: list[str], n_bytes: int) -> list[str]:
    """So many texts from the start that they reach `n_bytes` of UTF-8."""
    chosen, left = [], n_bytes
    for text in texts:
        if left <= 0:
            break
        chosen.append(text)
        left -= len(text.encode())
    return chosen


def megabytes(texts: list[str]) -> float:
    """Their size in UTF-8, in millions of bytes."""
    return sum(len(text.encode()) for text in texts) / 1e6


def _pages(folder: Path) -> Iterator[Text]:
    for package in PACKAGES:
        root = folder / package
        if not root.exists():
            subprocess.run(["apt-get", "download", package], cwd=folder, check=True, capture_output=True)
            (archive,) = folder.glob(f"{package}_*.deb")
            subprocess.run(["dpkg", "-x", archive, root], check=True)
        yield from _extracted(package, _sampled(root, "*.htm*", MAX_PAGES))


def _sampled(root: Path, pattern: str, count: int) -> list[Path]:
    paths = sorted(path for path in root.rglob(pattern) if path.is_file() and not path.is_symlink())
    return random.Random(SEED).sample(paths, min(count, len(paths)))


def _extracted(source: str, paths: list[Path]) -> Iterator[Text]:
    for path in paths:
        if path.stat().st_size <= LARGEST_BYTES:
            text = extract_main_text(path.read_text("utf-8", errors="replace"))
            if len(text) >= LEAST_CHARS:
                yield Text(source, text)


def _source_files() -> Iterator[Text]:
    for path in _sampled(Path(sysconfig.get_paths()["stdlib"]), "*.py", MAX_SOURCE_FILES):
        if LEAST_CHARS <= path.stat().st_size <= LARGEST_BYTES:
            text = path.read_bytes().decode("utf-8", errors="replace")
            yield Text("Python", text)


def _crawled() -> Iterator[Text]:
    """The pages of the crawls in the folder MIXDOWN_DATA, if that is set."""
    data = os.environ.get("MIXDOWN_DATA")
    if data is None:
        return
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    for archive in sorted((Path(data) / "web" / "docs-crawl").glob("*.warc.gz")):
        with archive.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                content_type = record.http_content_type or ""
                body = record.reader.read()
                if "html" in content_type and len(body) <= LARGEST_BYTES:
                    text = extract_main_text(body.decode(record.http_charset or "utf-8", errors="replace"))
                    if len(text) >= LEAST_CHARS:
                        yield Text(f"crawl {archive.name.split('.')[0]}", text)

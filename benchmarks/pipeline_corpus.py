"""JSON lines of documentation and source code, as many megabytes as asked, from Debian packages anyone can fetch.

Pages are extracted as the web source does it. Files are taken in the order of a hash of their names, so that a larger
corpus holds the smaller one, and every tenth document is a Python file of this environment.
"""

import hashlib
import json
import subprocess
import sysconfig
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path

from benchmarks.documentation import packages_folder
from pipelines.readers.web.html import extract_main_text

PACKAGES = (
    *("python3.11-doc", "postgresql-doc-15", "git-doc", "python-django-doc", "python-sqlalchemy-doc", "cmake-doc"),
    *("python-pandas-doc", "python-scipy-doc", "python-sympy-doc", "llvm-14-doc", "gap-doc", "octave-doc"),
    *("openjdk-17-doc", "erlang-doc", "linux-doc-6.1", "libstdc++-12-doc", "qtbase5-doc-html", "libboost1.81-doc"),
)
MORE_PACKAGES = ("rust-doc", "sagemath-doc", "scala-doc", "ghc-doc", "libgtk-4-doc", "libgtk-3-doc", "vtk9-doc")
FIRST_PACKAGES_MB = 250  # so much text is in PACKAGES for sure
LEAST_CHARS, LARGEST_BYTES = 200, 1_000_000
FILE_MB = 8  # of a file: splits for both sides
PAGES_A_SOURCE_FILE = 9


def corpus_files(text_mb: float) -> list[Path]:
    """So many megabytes of text as files of JSON lines in the build's folder, written if they are not there."""
    return write_corpus(Path(f"build/bench-corpus-{text_mb:.0f}"), packages_folder(), text_mb)


def copied_files(text_mb: float, copies: int) -> list[Path]:
    """`copies` of `corpus_files(text_mb)`, each document with an id of its own, for sizes beyond the packages."""
    files = corpus_files(text_mb)
    folder = Path(f"build/bench-copies-{text_mb * copies:.0f}")
    done, made = folder / "complete", f"{copies} x {text_mb:.0f} MB, {files[0].stat().st_mtime_ns}"
    if not done.exists() or done.read_text(encoding="utf-8") != made:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.jsonl"):  # of a corpus that had more files
            old.unlink()
        for copy in range(copies):
            for path in files:
                records = map(json.loads, path.open(encoding="utf-8"))
                lines = (
                    json.dumps(each | {"id": f"{copy}/{each['id']}"}, ensure_ascii=False) + "\n" for each in records
                )
                (folder / f"{copy}-{path.name}").write_text("".join(lines), encoding="utf-8")
        done.write_text(made, encoding="utf-8")
    return sorted(folder.glob("*.jsonl"))


def write_corpus(folder: Path, packages: Path, text_mb: float) -> list[Path]:
    """Files of JSON lines with `text` and `id` in `folder`, `text_mb` megabytes of text in all; RuntimeError: too few.

    `packages` keeps what was downloaded.
    """
    asked = f"{text_mb:.0f} MB"
    done = folder / "complete"
    if done.exists() and done.read_text(encoding="utf-8") == asked:
        return sorted(folder.glob("*.jsonl"))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jsonl"):
        old.unlink()
    written, number = 0.0, 0
    file = None
    for name, text in _documents(packages, PACKAGES if text_mb <= FIRST_PACKAGES_MB else PACKAGES + MORE_PACKAGES):
        if file is None or written > (number * FILE_MB):
            if file is not None:
                file.close()
            file = (folder / f"{number:04d}.jsonl").open("w", encoding="utf-8")
            number += 1
        file.write(json.dumps({"text": text, "id": name}, ensure_ascii=False) + "\n")
        written += len(text.encode()) / 1e6
        if written >= text_mb:
            file.close()
            done.write_text(asked, encoding="utf-8")
            return sorted(folder.glob("*.jsonl"))
    raise RuntimeError(f"the packages hold {written:.0f} MB of text, {text_mb} were asked for")


def _documents(packages: Path, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Name and text of pages and source files, in an order that does not depend on how many are taken."""
    pages = sorted(chain.from_iterable(_pages_of(packages, name) for name in names), key=_order)
    sources = sorted(Path(sysconfig.get_paths()["purelib"]).rglob("*.py"), key=_order)
    rest = iter(sources)
    taken = 0
    with ProcessPoolExecutor(2) as pool:
        for start in range(0, len(pages), 512):
            for page, text in zip(
                pages[start:], pool.map(_page_text, pages[start : start + 512], chunksize=16), strict=False
            ):
                if len(text) < LEAST_CHARS:
                    continue
                yield str(page.relative_to(packages)), text
                taken += 1
                if taken % PAGES_A_SOURCE_FILE == 0 and (source := next(rest, None)) is not None:
                    yield source.name, source.read_text("utf-8", errors="replace")[:LARGEST_BYTES]


def _pages_of(packages: Path, name: str) -> list[Path]:
    root = packages / name
    if not root.exists():
        packages.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-q", name], cwd=packages, check=True, capture_output=True)
        (archive,) = packages.glob(f"{name}_*.deb")
        subprocess.run(["dpkg", "-x", archive, root], check=True)
        archive.unlink()
    found = [path for path in root.rglob("*.htm*") if path.is_file() and not path.is_symlink()]
    return [path for path in found if path.stat().st_size <= LARGEST_BYTES]


def _order(path: Path) -> bytes:
    return hashlib.sha256("/".join(path.parts[-4:]).encode()).digest()


def _page_text(path: Path) -> str:
    return extract_main_text(path.read_text("utf-8", errors="replace"))

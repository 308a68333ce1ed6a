"""The packages as one zip for `spark-submit --py-files`: `python -m pipelines.package_zip mixdown.zip`.

Executors then need the third-party packages only. The same files give the same bytes, whatever their dates and the
order in which a folder lists them, so that a digest names a version of the code.
"""

import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from mixer import storage

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("dedup", "mixer", "pipelines", "quality", "trainer")
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
MODE = 0o644

# First in each package's __init__.py, as a worker may import any of them first. A sandbox has no numba.
PREAMBLE = b"""from importlib.util import find_spec

if find_spec("numba") is not None:
    import pipelines.zipped_kernels
"""


def package_zip(uri: str) -> str:
    """Write the zip to `uri` (a path, or `s3://`); returns its SHA-256."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:  # stored: how deflate packs differs from one zlib to another
        for name, data in _files():
            entry = zipfile.ZipInfo(name, DATE)
            entry.external_attr = MODE << 16
            archive.writestr(entry, data)
    storage.write_bytes(uri, content.getvalue())
    return hashlib.sha256(content.getvalue()).hexdigest()


def _files() -> Iterator[tuple[str, bytes]]:
    """(name in the zip, content) in the order of the names, what describes the distribution last."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                preamble = PREAMBLE if path == ROOT / package / "__init__.py" else b""
                yield path.relative_to(ROOT).as_posix(), preamble + path.read_bytes()
    version = metadata.version("mixdown")
    # What `importlib.metadata` reads: a mixture's manifest names the version that made it.
    yield (
        f"mixdown-{version}.dist-info/METADATA",
        f"Metadata-Version: 2.1\nName: mixdown\nVersion: {version}\n".encode(),
    )


def main() -> None:
    """Write to the path that is given, and print it with the digest."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m pipelines.package_zip OUT.zip")
    digest = package_zip(sys.argv[1])
    print(f"{digest}  {sys.argv[1]}")


if __name__ == "__main__":
    main()

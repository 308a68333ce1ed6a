"""Python code of an environment: the standard library and installed distributions, one document a `.py` file.

What `exclude` and `max_files` leave out is no input. Of the rest, rejected are `outside_folder` (a link or a
listed path that leaves the folder), `file_too_large`, `empty_file` and `not_utf8`; a file that is listed and
cannot be read is quarantined as `unreadable`.
"""

import csv
import platform
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from hashlib import blake2b
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

from pydantic import Field

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.licenses import spdx_header, spdx_of_classifiers
from pipelines.source import SourceKind, SourceOptions, Split

ENVIRONMENT = "environment"
STANDARD_LIBRARY = "stdlib"
STANDARD_LIBRARY_LICENSE = "PSF-2.0"
INSTALLED_FOLDERS = ("site-packages", "dist-packages")  # inside the standard library's folder, but not of it
DEFAULT_EXCLUDE = ("**/test/**", "**/tests/**", "**/idlelib/**", "**/__pycache__/**")
NAME_SEPARATORS = re.compile(r"[-_.]+")  # https://packaging.python.org/en/latest/specifications/name-normalization/


class PythonPackagesOptions(SourceOptions):
    """What a recipe may set for Python packages."""

    distributions: tuple[str, ...] = Field(
        (STANDARD_LIBRARY,), min_length=1, description="Names; `stdlib` stands for the standard library."
    )
    exclude: tuple[str, ...] = Field(
        DEFAULT_EXCLUDE, description="Glob patterns of paths to leave out; `*` also matches `/`."
    )
    max_file_bytes: int = Field(1 << 20, ge=1, description="Longer files are rejected.")
    max_files: int | None = Field(
        None, ge=1, description="At most so many files of each distribution, chosen by a hash of their paths."
    )


@dataclass(frozen=True, slots=True)
class Package:
    """A distribution's files: paths relative to `root`, sorted."""

    name: str
    version: str
    license: str | None
    root: Path
    paths: tuple[str, ...]


def splits(uri: str, options: PythonPackagesOptions) -> list[Split]:
    """One split a distribution; `uri` is `environment` (the running interpreter's) or a folder of
    packages."""
    result = []
    for name in options.distributions:
        package = _package(uri, name)
        sizes = {path: _size_bytes(package.root / path) for path in _selected(package.paths, options)}
        edits = blake2b(repr(sorted(sizes.items())).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        identity = f"{package.name}=={package.version} files-{edits}"  # a file may be changed where it is installed
        result.append(Split(uri=f"{uri}#{name}", identity=identity, size_bytes=sum(sizes.values())))
    return result


def read(split: Split, options: PythonPackagesOptions) -> Iterator[Record]:
    """One outcome for every selected `.py` file of the distribution."""
    uri, _, name = split.uri.rpartition("#")
    package = _package(uri, name)
    root = package.root.resolve()
    for path in _selected(package.paths, options):
        yield _outcome(package, root, path, options.max_file_bytes)


def _package(uri: str, name: str) -> Package:
    if name == STANDARD_LIBRARY and uri == ENVIRONMENT:
        return _standard_library()
    if uri != ENVIRONMENT and not Path(uri).is_dir():
        raise FileNotFoundError(f"no folder of packages at {uri!r}: give one, or {ENVIRONMENT!r}")
    found = distributions() if uri == ENVIRONMENT else distributions(path=[uri])
    by_name: dict[str, Distribution] = {}
    for distribution in found:
        by_name.setdefault(_normalised(distribution.metadata["Name"] or ""), distribution)
    if _normalised(name) not in by_name:
        near = get_close_matches(_normalised(name), by_name, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "install it, or name another one"
        if name == STANDARD_LIBRARY:
            hint = f"the standard library belongs to the uri {ENVIRONMENT!r}; name distributions of this folder"
        raise FileNotFoundError(f"no distribution {name!r} in {uri!r}: {hint}")
    return _installed(by_name[_normalised(name)])


def _standard_library() -> Package:
    root = Path(sysconfig.get_paths()["stdlib"])
    relative = (path.relative_to(root) for path in root.rglob("*.py"))
    paths = sorted(path.as_posix() for path in relative if path.parts[0] not in INSTALLED_FOLDERS)
    return Package(STANDARD_LIBRARY, platform.python_version(), STANDARD_LIBRARY_LICENSE, root, tuple(paths))


def _installed(distribution: Distribution) -> Package:
    metadata = distribution.metadata
    record = distribution.read_text("RECORD")  # `distribution.files` leaves out missing files since Python 3.12
    if record is None:
        raise FileNotFoundError(f"distribution {metadata['Name']!r} has no list of its files (RECORD): reinstall it")
    paths = sorted({row[0] for row in csv.reader(record.splitlines()) if row and row[0].endswith(".py")})
    if not paths:
        raise FileNotFoundError(f"distribution {metadata['Name']!r} has no .py files: is it installed as editable?")
    declared = metadata.get_all("License-Expression") or []
    return Package(
        name=_normalised(metadata["Name"]),
        version=distribution.version,
        license=declared[0] if declared else spdx_of_classifiers(metadata.get_all("Classifier") or []),
        root=Path(str(distribution.locate_file(""))),
        paths=tuple(paths),
    )


def _normalised(name: str) -> str:
    return NAME_SEPARATORS.sub("-", name).lower()


def _selected(paths: tuple[str, ...], options: PythonPackagesOptions) -> list[str]:
    kept = [path for path in paths if not any(_matches(path, pattern) for pattern in options.exclude)]
    if options.max_files is not None:
        kept = sorted(sorted(kept, key=_path_hash)[: options.max_files])
    return kept


def _matches(path: str, pattern: str) -> bool:
    """Whether `pattern` matches; a leading `**/` also stands for no folder at all."""
    return fnmatchcase(path, pattern) or fnmatchcase(f"/{path}", pattern)


def _path_hash(path: str) -> bytes:
    return blake2b(path.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _outcome(package: Package, root: Path, path: str, max_file_bytes: int) -> Record:
    reference = f"{package.name}=={package.version}:{path}".encode("utf-8", "replace").decode()
    try:
        file = (root / PurePosixPath(path)).resolve()
        if not file.is_relative_to(root):
            return Rejected(reference, "outside_folder")
        with file.open("rb") as stream:
            data = stream.read(max_file_bytes + 1)
        if len(data) > max_file_bytes:
            return Rejected(reference, "file_too_large")
        text = data.decode("utf-8-sig")
        path.encode()
    except UnicodeError:
        return Rejected(reference, "not_utf8")
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links
        return Quarantined(reference, "unreadable", str(error))
    if not text.strip():
        return Rejected(reference, "empty_file")
    return Document(
        text=text.replace("\r\n", "\n"),
        format="file",
        repository=package.name,
        commit=package.version,
        path=path,
        license=spdx_header(text) or package.license,
        language_hint="Python",
    )


SOURCE = SourceKind(
    name="python_packages",
    group="code",
    options=PythonPackagesOptions,
    splits=splits,
    read=read,
    code_like=True,
)

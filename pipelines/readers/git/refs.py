"""The refs of a repository, from its files: a damaged one costs itself."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pipelines.readers.git.git_dir import Located, small_file

MAX_REFS = 2_000_000
MAX_PACKED_REFS_BYTES = 512 << 20
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# What git-check-ref-format(1) allows, and no replace refs: objects are read as they are.
_NAME = re.compile(
    r"refs/(?!replace/)(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|\Z)))[^\x00-\x20~^:?*\[\\\x7f]{1,400}(?<![./])"
)


def refs_of(located: Located) -> dict[str, str]:
    """Each ref's object by the ref's name, ascending; a loose file wins over the packed list, as in git."""
    found = dict(_packed(located.common_dir / "packed-refs"))
    found.update(_loose(located.common_dir))
    return dict(sorted(found.items()))


def head_of(located: Located) -> str:
    """What HEAD holds: `ref: refs/...` or a commit's id; a name that is no branch where it holds neither."""
    text = small_file(located.git_dir / "HEAD").strip()
    name = text.removeprefix("ref:").strip()
    if text.startswith("ref:") and _NAME.fullmatch(name):
        return f"ref: {name}"
    return text if _SHA.fullmatch(text) else "ref: refs/heads/none"


def is_ref_name(name: str) -> bool:
    """Whether git would take `name` for a ref's full name."""
    return _NAME.fullmatch(name) is not None


def packed(refs: dict[str, str]) -> str:
    """The text of a file `packed-refs` with these refs."""
    return "".join(f"{sha} {name}\n" for name, sha in sorted(refs.items(), key=lambda ref: ref[0].encode()))


def _packed(path: Path) -> Iterator[tuple[str, str]]:
    if not path.is_file() or path.stat().st_size > MAX_PACKED_REFS_BYTES:
        return
    with path.open(errors="surrogateescape", newline="\n") as lines:
        for line in lines:
            sha, _, name = line.rstrip("\n").partition(" ")
            if _SHA.fullmatch(sha) and is_ref_name(name) and _is_utf8(name):
                yield name, sha


def _loose(common_dir: Path) -> Iterator[tuple[str, str]]:
    """Of the regular files below `refs/`, those that hold an object's id; symbolic links are not followed."""
    count = 0
    for folder, _, names in os.walk(common_dir / "refs"):
        for file in sorted(names):
            count += 1
            if count > MAX_REFS:
                return
            path = Path(folder, file)
            name = path.relative_to(common_dir).as_posix()
            if path.is_symlink() or not is_ref_name(name) or not _is_utf8(name):
                continue
            sha = small_file(path).strip()
            if _SHA.fullmatch(sha):
                yield name, sha


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True

"""Packs and their indexes made readable: git gives a whole pack up for one bad byte at its beginning or end.

A pack is linked into a folder of ours where it is whole; else a copy is mended or indexed anew there, and as the last
resort its objects are unpacked one by one. What a bad byte in the middle spoils is the object there and those that
were stored as differences from it. Format: gitformat-pack(5).
"""

import hashlib
import os
import shutil
import struct
from pathlib import Path
from typing import NamedTuple

from pipelines.readers.git import command as git

_INDEX_SIGNATURE = b"\xfftOc\0\0\0\x02"
_PACK_HEADER = struct.Struct(">4sII")  # PACK, version, number of objects
_FANOUT_BYTES = 256 * 4
_LARGE_OFFSET = 1 << 31
_HASHED_AT_ONCE_BYTES = 1 << 20


class Index(NamedTuple):
    """What a pack's index says of the pack: its number of objects, its checksum and where its last object begins."""

    objects: int
    pack_checksum: bytes
    last_offset: int


def link_packs(packs: Path, into: Path, git_dir: Path, object_format: str) -> None:
    """Make every pack of the folder `packs` readable in `into`, the folder of packs of our own `git_dir`."""
    for pack in sorted(packs.glob("pack-*.pack")) if packs.is_dir() else []:
        if not _is_regular(pack):
            continue
        index_path = pack.with_suffix(".idx")
        index = read_index(index_path, object_format) if _is_regular(index_path) else None
        own = into / pack.name
        if index is None:
            _index_anew(pack, own, git_dir)
            continue
        (into / index_path.name).symlink_to(index_path.absolute())
        if _fits(pack, index):
            own.symlink_to(pack.absolute())
        else:
            _mend(pack, own, index)


def read_index(path: Path, object_format: str) -> Index | None:
    """What the index at `path` says; None where it is damaged (version 1, unused since 2008, is indexed anew)."""
    width = hashlib.new(object_format, usedforsecurity=False).digest_size
    size_bytes = path.stat().st_size
    if size_bytes < len(_INDEX_SIGNATURE) + _FANOUT_BYTES + 2 * width:
        return None
    with path.open("rb") as stream:
        if stream.read(len(_INDEX_SIGNATURE)) != _INDEX_SIGNATURE or not _ends_in_its_checksum(path, object_format):
            return None
        count = struct.unpack(">256I", stream.read(_FANOUT_BYTES))[-1]
        offsets_at = len(_INDEX_SIGNATURE) + _FANOUT_BYTES + count * (width + 4)
        if offsets_at + count * 4 + 2 * width > size_bytes:
            return None
        stream.seek(offsets_at)
        small = struct.unpack(f">{count}I", stream.read(count * 4))
        large_bytes = size_bytes - stream.tell() - 2 * width
        large = struct.unpack(f">{large_bytes // 8}Q", stream.read(large_bytes // 8 * 8))
        checksum = stream.read(width)
    last = max([*(offset for offset in small if offset < _LARGE_OFFSET), *large], default=0)
    return Index(count, checksum, last)


def _ends_in_its_checksum(path: Path, object_format: str) -> bool:
    digest = hashlib.new(object_format, usedforsecurity=False)
    left = path.stat().st_size - digest.digest_size
    with path.open("rb") as stream:
        while left > 0 and (block := stream.read(min(left, _HASHED_AT_ONCE_BYTES))):
            digest.update(block)
            left -= len(block)
        return stream.read() == digest.digest()


def _fits(pack: Path, index: Index) -> bool:
    """Whether git would open `pack` with its index: beginning and end are as the index says."""
    with pack.open("rb") as stream:
        beginning = stream.read(_PACK_HEADER.size)
        if stream.seek(0, os.SEEK_END) < max(index.last_offset, _PACK_HEADER.size) + len(index.pack_checksum):
            return False
        stream.seek(-len(index.pack_checksum), os.SEEK_END)
        return beginning == _header(index) and stream.read() == index.pack_checksum


def _header(index: Index) -> bytes:
    return _PACK_HEADER.pack(b"PACK", 2, index.objects)


def _mend(pack: Path, own: Path, index: Index) -> None:
    """A copy of `pack` whose beginning and end are as the index says; what was cut off is zeros."""
    width = len(index.pack_checksum)
    shutil.copyfile(pack, own)
    with own.open("r+b") as stream:
        stream.write(_header(index))
        size_bytes = stream.seek(0, os.SEEK_END)
        stream.truncate(max(size_bytes, index.last_offset + width))
        # A cut pack gets its checksum behind what is left of it, a whole one over what should have been it.
        stream.seek(-width if size_bytes > index.last_offset + width else 0, os.SEEK_END)
        stream.write(index.pack_checksum)


def _index_anew(pack: Path, own: Path, git_dir: Path) -> None:
    """Index `pack` in our own folder; where it is damaged too, unpack what can be."""
    try:
        own.symlink_to(pack.absolute())
        git.output_of(["index-pack", "-o", str(own.with_suffix(".idx")), str(own)], GIT_DIR=str(git_dir))
    except ValueError:
        own.unlink()
        own.with_suffix(".idx").unlink(missing_ok=True)
        unpack(pack, 0, git_dir)


def unpack(file: Path, start_bytes: int, git_dir: Path) -> None:
    """Unpack the pack that begins at byte `start_bytes` of `file` into `git_dir`, as far as it can be read."""
    with file.open("rb") as stream:
        stream.seek(start_bytes)
        git.run_on(["unpack-objects", "-r", "-q"], stream, GIT_DIR=str(git_dir))


def _is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()

"""A small disk of its own, which can be full."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BALLAST = "ballast"


class NotHere(RuntimeError):
    """This machine cannot let a fault happen."""


@dataclass
class Disk:
    """A mounted file system; `fill` is what another program's file does to it."""

    path: Path
    is_mount: bool

    def fill(self, leave_bytes: int = 0) -> None:
        """Leave so many bytes free; NotHere where it is no disk of its own, but that of everybody."""
        if not self.is_mount:
            raise NotHere("only root can mount a small disk")
        found = os.statvfs(self.path)
        with (self.path / BALLAST).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, found.f_bavail * found.f_frsize - leave_bytes)

    def free(self) -> None:
        """Take the file away."""
        (self.path / BALLAST).unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A tmpfs at `folder`; the folder itself where this machine mounts none."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield Disk(folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)

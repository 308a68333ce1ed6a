"""A small disk of its own, which can be full."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BALLAST = "ballast"
TRIES = 100


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
        with (self.path / BALLAST).open("wb") as file:
            for _ in range(TRIES):
                found = os.statvfs(self.path)
                try:
                    os.posix_fallocate(file.fileno(), 0, found.f_bavail * found.f_frsize - leave_bytes)
                except OSError as error:  # the job wrote meanwhile, and less is free than was found
                    if error.errno != errno.ENOSPC:
                        raise
                else:
                    return
        raise NotHere(f"the job wrote in each of {TRIES} moments between a look at the free space and its taking")

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

"""The folder of a run: its default place, and the lock that keeps two processes from writing to it."""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mixer.manifest import MixtureManifest
from trainer.errors import RunBusyError

DEFAULT_PARENT = Path("build/runs")
LOCK_NAME = ".lock"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def default_output(manifest: MixtureManifest, preset: str) -> Path:
    """`build/runs/<mixture>-<12 digits of its fingerprint>-<preset>`, safe whatever the mixture is called."""
    return DEFAULT_PARENT / _UNSAFE.sub("_", f"{manifest.name}-{manifest.fingerprint[:12]}-{preset}")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` (made if absent) for this process; RunBusyError when another one does. Death releases it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_NAME).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunBusyError(f"another process is training into {folder}: wait, or choose another output") from error
        yield

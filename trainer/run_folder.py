"""The folder of a run: its default place, and the lock that keeps two processes from writing to it."""

import fcntl
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mixer.manifest import MixtureManifest
from trainer.errors import RunBusyError
from trainer.ranks import Ranks

DEFAULT_PARENT = Path("build/runs")
LOCK_NAME = ".lock"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def default_output(manifest: MixtureManifest, preset: str) -> Path:
    """`build/runs/<mixture>-<12 digits of its fingerprint>-<preset>`, safe whatever the mixture is called."""
    return DEFAULT_PARENT / _UNSAFE.sub("_", f"{manifest.name}-{manifest.fingerprint[:12]}-{preset}")


@contextmanager
def locked(folder: Path, ranks: Ranks | None = None) -> Iterator[None]:
    """Hold `folder` (made if absent) for this run, by its first rank; RunBusyError when another run does.

    Death releases it.
    """
    with ExitStack() as stack:
        (Ranks() if ranks is None else ranks).first_does(lambda: _hold(folder, stack))
        yield


def _hold(folder: Path, stack: ExitStack) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = stack.enter_context((folder / LOCK_NAME).open("w"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RunBusyError(f"another process is training into {folder}: wait, or choose another output") from error

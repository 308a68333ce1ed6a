"""Peers in environments of their own, over ours: what we have is not installed again, what they pin is theirs alone."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

FOLDER = Path("build/peers")


class NotInstalled(RuntimeError):
    """A peer that pip could not install here."""


def python_of(name: str, *requirements: str) -> str:
    """The interpreter of the environment `name`, which has `requirements`; NotInstalled says why it has not.

    Requirements are all that is installed, without what they ask for in turn: pip tries for an hour to bring a peer's
    pins and our packages together, and most of what they ask for (clients of clouds) is not measured.
    """
    folder = (FOLDER / name).absolute()
    python, done = folder / "bin" / "python", folder / "installed"
    if done.exists() and done.read_text(encoding="utf-8") == "\n".join(requirements):
        return str(python)
    venv.create(folder, with_pip=True, clear=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "beneath.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", *requirements]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        raise NotInstalled(f"{' '.join(requirements)}: {found.stderr.strip().splitlines()[-1]}")
    done.write_text("\n".join(requirements), encoding="utf-8")
    return str(python)


def run(python: str, code: str, *arguments: str) -> str:
    """What `code` prints, run as a script in the folder of the checkout."""
    root = str(Path(__file__).resolve().parent.parent)
    command = [python, "-c", f"import sys; sys.path.insert(0, {root!r})\n{code}", *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        raise RuntimeError(f"{sys.executable} -c ...: {found.stderr[-2000:]}")
    return found.stdout

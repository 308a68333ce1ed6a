"""Which isolation this machine allows, found by trying it; no program is run without one unless a person says so."""

import os
import tempfile
from functools import cache
from typing import Literal

from pipelines.sandbox.execute import SandboxError, execute
from pipelines.sandbox.limits import PASSED, Limits, Program

Isolation = Literal["auto", "namespaces", "landlock", "limits_only"]
PREFERRED = ("namespaces", "landlock")

# What a solution must not be able to do: read a file of the host. Its verdict is `passed` where it could not.
CANARY = """
def closed(path):
    try:
        open(path).read()
    except OSError:
        return True
    return False
"""
NETWORK = "import socket\ndef closed(_):\n    socket.socket()\n"


@cache
def isolation_for(asked: str) -> str:
    """The isolation to run with where `asked` is wanted: `auto` is the first of PREFERRED that works.

    SandboxError, with what was tried and why it failed, where there is none.
    """
    if asked == "limits_only":
        return asked
    problems = []
    for name in PREFERRED if asked == "auto" else (asked,):
        problem = problem_of(name)
        if problem is None:
            return name
        problems.append(f"{name}: {problem}")
    raise SandboxError(
        f"no program can be run safely on {os.uname().sysname} {os.uname().release}: {'; '.join(problems)}. Allow user "
        "namespaces or Landlock (Linux 5.13 or newer) to this process; or, inside a machine or container that "
        "holds nothing worth reading, set isolation to limits_only, which hides no files"
    )


def problem_of(isolation: str) -> str | None:
    """Why `isolation` does not hold here; None where it does."""
    with tempfile.NamedTemporaryFile("w", suffix=".secret") as secret:
        os.chmod(secret.name, 0o644)
        test = f"assert closed({secret.name!r}) == True"
        try:
            files = execute(Program(CANARY, test), Limits(), isolation)
            network = execute(Program(NETWORK, test), Limits(), isolation)
        except SandboxError as error:
            return str(error)
    if files.verdict != PASSED:
        return f"a file of the host could be read ({files.verdict}: {files.detail})"
    return None if network.verdict == "forbidden" else f"a socket could be made ({network.verdict})"

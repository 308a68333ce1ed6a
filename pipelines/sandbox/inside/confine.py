"""What a process gives up before foreign code runs in it: files, network, privileges, time and memory."""

import os
import resource
import sys

from pipelines.sandbox.inside import kernel, landlock, namespaces, seccomp

NOBODY = 65534
SIGKILL = 9


class Setup:
    """How to confine; sizes in bytes."""

    def __init__(
        self,
        isolation: str,  # namespaces, landlock or limits_only
        readable: list[str],
        folder: str,  # the mount point of the own view, or the scratch folder
        cpu_seconds: int,
        memory_bytes: int,
        file_bytes: int,
        scratch_bytes: int,
        open_files: int,
    ) -> None:
        self.isolation = isolation
        self.readable = readable
        self.folder = folder
        self.cpu_seconds = cpu_seconds
        self.memory_bytes = memory_bytes
        self.file_bytes = file_bytes
        self.scratch_bytes = scratch_bytes
        self.open_files = open_files


def enter_namespaces(setup: Setup) -> bool:
    """A view of files, processes and network of its own, for this process and its children.

    Returns whether root can become another user in it.
    """
    own_users = namespaces.enter(setup.readable, setup.folder, setup.scratch_bytes)
    return not own_users


def confine_process(setup: Setup, has_nobody: bool) -> None:
    """Gives up privileges, and files where there is no view of its own; dies with its parent.

    `has_nobody`: whether root can and should become another user.
    """
    os.environ.clear()
    os.environ["HOME"] = os.environ["TMPDIR"] = os.getcwd()
    sys.path[:] = [path for path in sys.path if not os.path.exists(os.path.join(path, "pipelines"))]
    if os.getuid() == 0 and has_nobody:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_PDEATHSIG, SIGKILL)  # a change of user takes it off
    if setup.isolation == "landlock":
        landlock.restrict(setup.readable, setup.folder)


def limit_process(setup: Setup) -> None:
    """Limits and the filter of system calls, the last thing before foreign code."""
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, setup.cpu_seconds, setup.cpu_seconds + 1),
        (resource.RLIMIT_AS, setup.memory_bytes, setup.memory_bytes),
        (resource.RLIMIT_FSIZE, setup.file_bytes, setup.file_bytes),
        (resource.RLIMIT_NOFILE, setup.open_files, setup.open_files),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))
    seccomp.install_for_this_process()


def others_can_read(paths: list[str]) -> bool:
    """Whether a user without rights of its own can reach the interpreter's folders."""
    folders = {parent for path in paths if os.path.isdir(path) for parent in _with_parents(os.path.realpath(path))}
    return all(os.stat(folder).st_mode & 0o005 == 0o005 or folder == "/" for folder in folders)


def _with_parents(path: str) -> list[str]:
    return [path, *(_with_parents(os.path.dirname(path)) if path != "/" else [])]

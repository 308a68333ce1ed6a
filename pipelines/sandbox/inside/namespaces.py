"""A view of its own for a process: only the interpreter's folders, read-only, a small scratch folder, no network.

With namespaces of users (where not root), mounts, processes, network and System V IPC. Needs Linux >= 5.12.
"""

from __future__ import annotations

import ctypes
import os

from pipelines.sandbox.inside import kernel

TYPE_CHECKING = False  # importing `typing` would be a fifth of a run's cost
if TYPE_CHECKING:
    from collections.abc import Iterable

MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_RECURSIVE = 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 1, 2
SCRATCH = "/scratch"
MAX_SCRATCH_FILES = 1000
ALL = kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC


def enter(readable: Iterable[str], mount_point: str, scratch_bytes: int) -> bool:
    """Leaves the host's files, network and processes; the next child is the first process of its own world.

    Returns whether that took a namespace of users, in which there is no user but this one.
    """
    own_users = not _unshared_as_root()
    if own_users:
        _unshare_with_users()
    kernel.mount("none", "/", None, MS_REC | MS_PRIVATE)
    kernel.mount("tmpfs", mount_point, "tmpfs", MS_NOSUID, "size=1m,mode=0755")
    for path in readable:
        _bind(path, mount_point + path)
    os.mkdir(mount_point + SCRATCH)
    _make_read_only(mount_point)
    size = f"size={scratch_bytes},nr_inodes={MAX_SCRATCH_FILES},mode=0777"
    kernel.mount("tmpfs", mount_point + SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, size)
    os.chdir(mount_point)
    kernel.check(kernel.libc.pivot_root(b".", b"."), "pivot_root")
    kernel.check(kernel.libc.umount2(b".", MNT_DETACH), "umount2")
    os.chdir(SCRATCH)
    return own_users


def _unshared_as_root() -> bool:
    """Whether the rights of the user sufficed; root in a container often has too few."""
    if os.getuid() != 0:
        return False
    try:
        kernel.unshare(ALL)
    except PermissionError:
        return False
    return True


def _unshare_with_users() -> None:
    user, group = os.getuid(), os.getgid()
    kernel.unshare(ALL | kernel.CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")


def _bind(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    kernel.mount(source, target, None, MS_BIND | MS_REC)


def _make_read_only(mount_point: str) -> None:
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    kernel.syscall(
        kernel.SYS_MOUNT_SETATTR,
        ctypes.c_int(-1),
        mount_point.encode(),
        ctypes.c_uint(AT_RECURSIVE),
        attributes,
        ctypes.c_size_t(32),
    )


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)

"""Landlock: the folders that a process may read, and the one that it may write, without any privilege (Linux >= 5.13).

Constants and structures are those of linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os

from pipelines.sandbox.inside import kernel

TYPE_CHECKING = False  # importing `typing` would be a fifth of a run's cost
if TYPE_CHECKING:
    from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION_FLAG, RULE_PATH_BENEATH = 1, 1
WRITE_FILE, READ_FILE, READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
ALL_RIGHTS_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
ALL_RIGHTS_SINCE_5 = (1 << 16) - 1
FILE_RIGHTS = (1 << 0) | WRITE_FILE | READ_FILE | (1 << 14) | (1 << 15)  # those that a rule for a file may give
MAKE_DEVICES = (1 << 6) | (1 << 9) | (1 << 10) | (1 << 11)  # devices, sockets and named pipes


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """The version of the kernel's Landlock; OSError where it has none or it is switched off."""
    return kernel.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION_FLAG))


def restrict(readable: Iterable[str], writable: str) -> None:
    """From here on this process reads only below `readable` and writes only below `writable`; cannot be taken back."""
    found = version()
    rights = ALL_RIGHTS_BY_VERSION.get(found, ALL_RIGHTS_SINCE_5)
    handled = (ctypes.c_uint64 * 3)(rights, 3 if found >= 4 else 0, 3 if found >= 6 else 0)
    size_bytes = 24 if found >= 6 else 16 if found >= 4 else 8
    ruleset = kernel.syscall(CREATE_RULESET, handled, ctypes.c_size_t(size_bytes), ctypes.c_uint32(0))
    for path in readable:
        _allow(ruleset, path, READ_FILE | (WRITE_FILE if path == os.devnull else READ_FOLDER))
    _allow(ruleset, writable, rights & ~MAKE_DEVICES)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.syscall(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    allowed = rights if os.path.isdir(path) else rights & FILE_RIGHTS
    rule = _PathBeneath(allowed, parent)
    kernel.syscall(
        ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(RULE_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0)
    )
    os.close(parent)

"""Calls into the kernel that Python has no function for: `prctl`, namespaces, mounts, resource limits."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x00020000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER, PR_CAPBSET_DROP = 1, 4, 38, 36, 24
LAST_CAPABILITY = 63
SYS_MOUNT_SETATTR = 442  # of every machine type, like all since Linux 5.1


def check(result: int, what: str) -> int:
    """The result of a call; OSError where it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int) -> None:
    """One setting of this process or thread; OSError where it is refused."""
    unsigned = ctypes.c_ulong
    check(libc.prctl(option, unsigned(value), unsigned(0), unsigned(0), unsigned(0)), f"prctl {option}")


def unshare(flags: int) -> None:
    """New namespaces for this process (and its children, for process ids); OSError where they are refused."""
    check(libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """mount(2)."""
    encoded = None if kind is None else kind.encode()
    check(
        libc.mount(source.encode(), target.encode(), encoded, ctypes.c_ulong(flags), data.encode()), f"mount {target}"
    )


def syscall(number: int, *arguments: object) -> int:
    """A system call by its number; OSError where it fails."""
    return check(libc.syscall(ctypes.c_long(number), *arguments), f"system call {number}")


def drop_capabilities() -> None:
    """Gives up every capability for good; the user stays."""
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    check(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")

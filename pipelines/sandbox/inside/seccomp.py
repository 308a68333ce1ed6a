"""The filter of system calls: no network, no new process, no signals to others; programs cannot take it off.

A forbidden call ends the program by SIGSYS, so that the verdict does not depend on how it handles an error. Classic BPF
over `struct seccomp_data` (linux/seccomp.h): number at byte 0, machine type at 4, arguments of 8 bytes from 16.
"""

import ctypes
import os

from pipelines.sandbox.inside import kernel
from pipelines.sandbox.inside.system_calls import MACHINES, Calls

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, EACCES, ENOSYS = 1, 13, 38
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN, AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
X32_BIT = 0x40000000
CLONE_THREAD = 0x00010000
AF_UNIX, SOCK_STREAM, SOCK_TYPE_MASK = 1, 1, 0xF
PR_SET_NAME, PR_GET_NAME = 15, 16
# Ways to have the kernel send a signal to any process of the same user, and to type into a terminal.
F_SETOWN, F_SETSIG, F_SETOWN_EX = 8, 10, 15
FIOSETOWN, SIOCSPGRP, TIOCSTI = 0x8901, 0x8902, 0x5412
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


def _argument(index: int, high: bool = False) -> Instruction:
    return (LOAD, 0, 0, 16 + 8 * index + (4 if high else 0))


def _only_if(tests: list[Instruction], otherwise: int) -> list[Instruction]:
    """Allow where every comparison of `tests` holds, else `otherwise`; loads and masks go through."""
    body: list[Instruction] = []
    for place, (code, _, _, constant) in enumerate(tests):
        behind = len(tests) - place  # to the return of `otherwise`, which stands behind that of allow
        compares = code & 0x07 == 0x05
        body.append((code, 0, behind if compares else 0, constant))
    return [*body, (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, otherwise)]


def _unless(index: int, values: tuple[int, ...]) -> list[Instruction]:
    """Allow unless the low half of an argument is one of `values`."""
    compares = [(EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [_argument(index), *compares, (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, KILL)]


def program(calls: Calls, own_pid: int) -> list[Instruction]:
    """The filter for one machine type and the process `own_pid`."""
    own = [_argument(0), (EQUAL, 0, 0, own_pid)]
    inspected = {
        "clone": _only_if([_argument(0), (ANY_BIT, 0, 0, CLONE_THREAD)], KILL),
        "clone3": [(RETURN, 0, 0, ERRNO | ENOSYS)],  # its flags lie in memory; the C library falls back to clone
        "fcntl": _unless(1, (F_SETOWN, F_SETSIG, F_SETOWN_EX)),
        "ioctl": _unless(1, (FIOSETOWN, SIOCSPGRP, TIOCSTI)),
        "kill": _only_if(own, KILL),
        "tgkill": _only_if(own, KILL),
        "prlimit64": _only_if([_argument(2), (EQUAL, 0, 0, 0), _argument(2, True), (EQUAL, 0, 0, 0)], ERRNO | EPERM),
        "setrlimit": [(RETURN, 0, 0, ERRNO | EPERM)],
        # Unix sockets are refused by an error: the C library tries one to look up a user's name and goes on without.
        "socket": [_argument(0), (EQUAL, 1, 0, AF_UNIX), (RETURN, 0, 0, KILL), (RETURN, 0, 0, ERRNO | EACCES)],
        "socketpair": _only_if(
            [
                _argument(0),
                (EQUAL, 0, 0, AF_UNIX),
                _argument(1),
                (AND, 0, 0, SOCK_TYPE_MASK),
                (EQUAL, 0, 0, SOCK_STREAM),
            ],
            KILL,
        ),
        # With an address it could reach sockets of the host; a pair needs none.
        "sendto": _only_if([_argument(4), (EQUAL, 0, 0, 0), _argument(4, True), (EQUAL, 0, 0, 0)], KILL),
        "prctl": [
            _argument(0),
            (EQUAL, 2, 0, PR_SET_NAME),
            (EQUAL, 1, 0, PR_GET_NAME),
            (RETURN, 0, 0, ERRNO | EPERM),
            (RETURN, 0, 0, ALLOW),
        ],
    }
    code: list[Instruction] = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, calls.audit_arch), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    if "fork" in calls.forbidden:  # x86_64: its x32 calls have numbers of their own
        code += [(AT_LEAST, 0, 1, X32_BIT), (RETURN, 0, 0, KILL)]
    for number in calls.allowed.values():
        code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    for name, number in calls.inspected.items():
        code += [(EQUAL, 0, len(inspected[name]), number), *inspected[name]]
    for number in calls.forbidden.values():
        code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, KILL)]
    return [*code, (RETURN, 0, 0, ERRNO | ENOSYS)]


class _SockFilter(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _SockFprog(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_SockFilter))]


def install_for_this_process() -> None:
    """Puts the filter on this process and all its later threads; OSError where the kernel refuses it."""
    machine = os.uname().machine
    if machine not in MACHINES:
        raise OSError(ENOSYS, f"no list of system calls for {machine}; there are some for {', '.join(MACHINES)}")
    install(program(MACHINES[machine](), os.getpid()))


def install(instructions: list[Instruction]) -> None:
    """Puts a filter on this process, its later threads and its children."""
    filters = (_SockFilter * len(instructions))(*(_SockFilter(*instruction) for instruction in instructions))
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    fprog = _SockFprog(len(instructions), filters)
    kernel.check(
        kernel.libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.byref(fprog), 0, 0), "seccomp"
    )

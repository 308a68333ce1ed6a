# verdict: forbidden
import ctypes
import os


def solve(x):
    if os.uname().machine != "x86_64":
        os.fork()
    ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 39))
    return x + 1

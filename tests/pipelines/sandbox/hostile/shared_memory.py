# verdict: forbidden
import ctypes


def solve(x):
    return x + (ctypes.CDLL(None).shmget(0, 1 << 20, 0o1666) >= 0)

# verdict: forbidden
import ctypes


def solve(x):
    ctypes.CDLL(None).unshare(0x10000000)
    return x + 1

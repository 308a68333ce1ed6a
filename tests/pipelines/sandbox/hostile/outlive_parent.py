# verdict: tests_failed
import ctypes


def solve(x):
    return x + 1 if ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0 else 0

# verdict: forbidden
import ctypes


def solve(x):
    ctypes.CDLL(None).syscall(ctypes.c_long(425), 8, ctypes.create_string_buffer(256))
    return x + 1

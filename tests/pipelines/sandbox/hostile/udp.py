# verdict: forbidden
import socket


def solve(x):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"secret", ("127.0.0.1", int("@UDP@")))
    return x + 1

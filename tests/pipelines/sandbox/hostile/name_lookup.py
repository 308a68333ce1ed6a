# verdict: forbidden
import socket


def solve(x):
    try:
        socket.getaddrinfo("example.org", 80)
    except OSError:
        pass
    return x + 1

# verdict: forbidden
import socket


def solve(x):
    try:
        socket.create_connection(("127.0.0.1", int("@TCP@")), 1).sendall(b"secret")
    except OSError:
        pass
    return x + 1

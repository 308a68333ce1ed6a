# verdict: tests_failed
import socket


def solve(x):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("@OUTSIDE@/socket")
        client.sendall(b"secret")
    return x + 1

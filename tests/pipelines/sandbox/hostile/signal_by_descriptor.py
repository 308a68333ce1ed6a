# verdict: forbidden
import fcntl
import os


def solve(x):
    reading, _ = os.pipe()
    fcntl.fcntl(reading, 10, 9)
    fcntl.fcntl(reading, fcntl.F_SETOWN, os.getppid())
    return x + 1

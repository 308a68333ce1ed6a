# verdict: forbidden
import os


def solve(x):
    os.pidfd_open(os.getppid())
    return x + 1

# verdict: crashed
import os
import signal


def solve(x):
    os.kill(os.getpid(), signal.SIGTERM)
    return x + 1

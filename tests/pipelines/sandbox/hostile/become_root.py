# verdict: forbidden
import os


def solve(x):
    os.setuid(0)
    return x + 1

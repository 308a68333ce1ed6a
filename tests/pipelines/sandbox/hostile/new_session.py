# verdict: forbidden
import os

os.setsid()


def solve(x):
    return x + 1

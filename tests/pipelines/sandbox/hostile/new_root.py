# verdict: forbidden
import os


def solve(x):
    os.chroot(".")
    return x + 1

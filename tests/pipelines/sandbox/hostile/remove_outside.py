# verdict: tests_failed
import os


def solve(x):
    os.unlink("@OUTSIDE@/secret")
    return x + 1

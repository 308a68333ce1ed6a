# verdict: tests_failed
import os


def solve(x):
    os.symlink("@OUTSIDE@/secret", "link")
    return x + len(open("link").read())

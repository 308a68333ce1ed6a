# verdict: passed
import os


os.symlink("@OUTSIDE@", "folder")
os.makedirs("a/b")
os.symlink("../..", "a/b/up")


def solve(x):
    return x + 1

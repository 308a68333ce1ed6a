# verdict: tests_failed
import os


def solve(x):
    os.symlink("@OUTSIDE@", "folder")
    with open("folder/written", "w") as file:
        file.write("x")
    return x + 1

# verdict: forbidden
import os


def solve(x):
    os.execv("/bin/sleep", ["sleep", "100"])

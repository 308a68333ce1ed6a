# verdict: forbidden
import subprocess


def solve(x):
    subprocess.run(["/bin/sh", "-c", "echo stolen > @OUTSIDE@/shell"])
    return x + 1

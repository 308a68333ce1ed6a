# verdict: timeout
# wall_seconds: 3
import time


def solve(x):
    time.sleep(1000)
    return x + 1

# verdict: timeout
# wall_seconds: 3
import signal
import time

signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))


def solve(x):
    while True:
        time.sleep(1)

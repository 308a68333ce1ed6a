# verdict: crashed
import signal
import time


def solve(x):
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    time.sleep(10)
    return x + 1

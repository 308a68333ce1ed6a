# verdict: tests_failed
# landlock: forbidden
import time


def solve(x):
    for number in range(64):
        with open(f"file{number}", "wb") as file:
            file.write(b"x" * (1 << 20))
    time.sleep(20)
    return x + 1

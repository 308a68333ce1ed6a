# verdict: forbidden
import os


def solve(x):
    file = os.memfd_create("held")
    while True:
        os.write(file, b"x" * (1 << 20))

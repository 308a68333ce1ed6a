# verdict: crashed
import sys

sys.setrecursionlimit(10**8)


def solve(x):
    return max([x], key=solve)

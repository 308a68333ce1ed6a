# verdict: tests_failed
def solve(x):
    return "x" * (20 << 20)

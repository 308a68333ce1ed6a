# verdict: tests_failed
def solve(x):
    return solve(x + 1)

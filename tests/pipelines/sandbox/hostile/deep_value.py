# verdict: tests_failed
def solve(x):
    value = [x]
    for _ in range(100_000):
        value = [value]
    return value

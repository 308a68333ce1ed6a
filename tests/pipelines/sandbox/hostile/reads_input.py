# verdict: tests_failed
def solve(x):
    return int(input())

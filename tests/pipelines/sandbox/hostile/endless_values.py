# verdict: timeout
# tests: assert list(solve(1)) == [2]
def solve(x):
    while True:
        yield x

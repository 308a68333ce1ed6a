# verdict: timeout
def solve(x):
    while True:
        pass

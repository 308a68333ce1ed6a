# verdict: tests_failed
def solve(x):
    value = [x]
    value.append(value)
    return value

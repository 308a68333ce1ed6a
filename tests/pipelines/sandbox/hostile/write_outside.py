# verdict: tests_failed
def solve(x):
    with open("@OUTSIDE@/written", "w") as file:
        file.write("x")
    return x + 1

# verdict: memory
held = bytearray(1 << 40)


def solve(x):
    return x + 1

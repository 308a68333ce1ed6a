# verdict: memory
def solve(x):
    held = []
    while True:
        held.append(bytearray(1 << 20))

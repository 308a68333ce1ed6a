# verdict: forbidden
import fcntl
import os
import struct


def solve(x):
    reading, _ = os.pipe()
    fcntl.ioctl(reading, 0x8901, struct.pack("i", os.getppid()))
    return x + 1

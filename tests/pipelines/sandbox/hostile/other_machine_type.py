# verdict: forbidden
# A call by its number among those of 32 bits (x86), where 20 is getpid: `mov eax, 20; int 0x80; ret`.
import ctypes
import mmap
import os


def solve(x):
    if os.uname().machine != "x86_64":
        os.fork()
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    return x + (ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))() > 0)

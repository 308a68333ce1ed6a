"""What of a text is ASCII, and copies of it between bytes and code points: whole slices, so that loops become SIMD."""

from typing import Any

import numpy as np

from dedup.kernel import lean_kernel


@lean_kernel
def is_ascii(characters: Any) -> bool:
    """Whether all bytes, or code points, are below 0x80."""
    bits = np.uint32(0)
    for i in range(len(characters)):
        bits |= np.uint32(characters[i])
    return bool(bits < 0x80)


@lean_kernel
def copy_values(source: Any, target: Any) -> None:
    """Write source[i] to target[i]; they are as long as each other."""
    for i in range(len(source)):
        target[i] = source[i]

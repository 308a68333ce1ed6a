"""The decorator of compiled functions that are called seldom."""

from numba import njit

# Like quality.kernel.kernel without forced inlining. A finder runs once for thousands of bytes of text, so a real call
# costs nothing, and inlining each into the next would make compiling them take several times as long.
rare_kernel = njit(cache=True, nogil=True)

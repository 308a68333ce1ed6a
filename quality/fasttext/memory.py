"""Memory for tables that are looked up at random: on huge pages, from a cache line on, and asked for before use.

A look into a table of a few megabytes waits for the memory, and on small pages for the table of pages as well.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

HUGE_PAGE_BYTES = 2 << 20  # where Linux has them; NumPy asks for them for 4 MiB and more
LEAST_PLACED_BYTES = 128 << 10  # what is smaller stays in the caches anyway
READ, KEEP_IN_ALL_CACHES, DATA = 0, 3, 1  # arguments of LLVM's `llvm.prefetch`

array_of: Any = make_array
insert_function: Any = cgutils.get_or_insert_function


def zeros(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """As numpy.zeros, on pages of its own."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    n_pages = -(-n_bytes // HUGE_PAGE_BYTES)
    memory = np.zeros((n_pages + 1) * HUGE_PAGE_BYTES, np.uint8)
    first = -memory.ctypes.data % HUGE_PAGE_BYTES
    return memory[first : first + n_bytes].view(dtype).reshape(shape)


def placed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy, read-only, on pages of its own where it is large enough for a page to matter."""
    copy = zeros(values.shape, values.dtype) if values.nbytes >= LEAST_PLACED_BYTES else values.copy()
    copy[...] = values
    copy.flags.writeable = False
    return copy


def _prefetch(_context: Any, array: Any, index: Any) -> Any:
    """Ask for the memory of element `index` (in memory order), without waiting; it may lie outside of the array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        start = array_of(signature.args[0])(context, builder, arguments[0]).data
        byte_pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        prefetch_type = ir.FunctionType(ir.VoidType(), [byte_pointer, number, number, number])
        function = insert_function(builder.module, prefetch_type, "llvm.prefetch.p0")
        address = builder.bitcast(builder.gep(start, [arguments[1]]), byte_pointer)
        builder.call(function, [address, number(READ), number(KEEP_IN_ALL_CACHES), number(DATA)])
        return context.get_dummy_value()

    return types.void(array, index), generate


prefetch: Any = intrinsic(_prefetch)

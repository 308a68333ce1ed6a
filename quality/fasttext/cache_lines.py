"""Memory that lies as the processor fetches it: rows that begin where cache lines do, and are asked for before use."""

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

LINE_BYTES = 64
READ, KEEP_IN_ALL_CACHES, DATA = 0, 3, 1  # arguments of LLVM's `llvm.prefetch`

array_of: Any = make_array
insert_function: Any = cgutils.get_or_insert_function


def zeros(shape: tuple[int, int], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """As numpy.zeros, beginning with a cache line: a row of a line's size lies on one instead of two."""
    n_bytes = shape[0] * shape[1] * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + LINE_BYTES, np.uint8)
    first = -memory.ctypes.data % LINE_BYTES
    return memory[first : first + n_bytes].view(dtype).reshape(shape)


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

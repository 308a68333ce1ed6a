"""Integers from any place in an array of bytes by one load: LLVM makes one of eight bytes only where it can prove more.

The lowest byte comes first, so only processors of that order, which all of today's servers have, will do.
"""

import sys
from typing import Any

from numba.core import types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

if sys.byteorder != "little":
    raise ImportError("dedup's compiled hashes read numbers with their lowest byte first; this processor does not")

array_of: Any = make_array


def _loaded(result: Any) -> Any:
    """A function (uint8 array, index) -> integer of this type, in kernels; it does not check bounds."""

    def typed(_context: Any, data: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = array_of(signature.args[0])(context, builder, value=arguments[0])
            place = builder.gep(array.data, [arguments[1]])
            place = builder.bitcast(place, context.get_value_type(result).as_pointer())
            return builder.load(place, align=1)

        del at
        return result(data, types.intp), generate

    return intrinsic(typed)


loaded_8 = _loaded(types.uint64)
loaded_4 = _loaded(types.uint32)

"""Views of arrays whose references nobody counts, for the inside of one kernel call.

Numba counts the references to every array of a tuple at every call, even of an inlined function: with the twenty tables
of the splitters that was nine tenths of the time. The caller of a kernel holds the arrays anyway. Bounds are still
checked where that is asked for.
"""

from typing import Any

from numba.core import cgutils, types
from numba.extending import intrinsic

null_value: Any = cgutils.get_null_value


def _uncounted(_context: Any, value: Any) -> Any:
    """The array, or the tuple with its arrays, as a view that must not outlive the kernel's arguments."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _view(context, builder, signature.return_type, arguments[0])

    return value(value), generate


uncounted: Any = intrinsic(_uncounted)


def _view(context: Any, builder: Any, type_: Any, value: Any) -> Any:
    if isinstance(type_, types.Array):
        from numba.np.arrayobj import make_array  # only to compile: a worker starts without

        array_of: Any = make_array
        array = array_of(type_)(context, builder, value=value)
        array.meminfo = null_value(array.meminfo.type)
        return array._getvalue()
    if isinstance(type_, types.BaseTuple):
        items: Any = type_
        for i, item_type in enumerate(items):
            item = _view(context, builder, item_type, builder.extract_value(value, i))
            value = builder.insert_value(value, item, i)
    return value

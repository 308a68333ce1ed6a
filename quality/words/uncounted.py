"""Views of arrays whose references nobody counts, for the inside of one kernel call.

Numba counts the references to every array of a tuple at every call, even of an inlined function: with the twenty tables
of the splitters that was nine tenths of the time. The caller of a kernel holds the arrays anyway. Bounds are still
checked where that is asked for.
"""

from typing import Any

from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array


@intrinsic
def uncounted(_context: Any, value: Any) -> Any:
    """The array, or the tuple with its arrays, as a view that must not outlive the kernel's arguments."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _view(context, builder, signature.return_type, arguments[0])

    return value(value), generate


def _view(context: Any, builder: Any, type_: Any, value: Any) -> Any:
    if isinstance(type_, types.Array):
        array = make_array(type_)(context, builder, value=value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        return array._getvalue()
    if isinstance(type_, types.BaseTuple):
        for i, item_type in enumerate(type_):
            item = _view(context, builder, item_type, builder.extract_value(value, i))
            value = builder.insert_value(value, item, i)
    return value

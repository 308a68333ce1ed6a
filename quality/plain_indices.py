"""A pass of numba's compiler: the index of an array counts from its beginning, never from its end.

As `a[-1]` is the last item in Python, numba compares with zero every index that it cannot tell to be positive, and adds
the length where it is not: a fifth of the time of the web text rules, most of it because no loop with such an index
becomes SIMD. No kernel here counts from the end; where bounds are checked (NUMBA_BOUNDSCHECK=1), to do so is an error.
"""

from typing import Any

from numba.core import ir, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import NopythonTypeInference

_register: Any = register_pass  # numba has no types for a type checker
_tuple_of: Any = types.Tuple
_Tuple: Any = types.BaseTuple


@_register(mutates_CFG=False, analysis_only=False)
class PlainIndices(FunctionPass):
    """Says of every number that is an array's index that it is unsigned."""

    _name = "plain_indices"

    def __init__(self) -> None:
        start: Any = super().__init__
        start()

    def run_pass(self, state: Any) -> bool:
        """Change the signatures of reading and writing items; lowering converts what is given to them."""
        for expression, signature in list(state.calltypes.items()):
            if _is_item(expression) and isinstance(signature.args[0], types.Array):
                array, index, *value = signature.args
                del state.calltypes[expression]  # which takes no key twice
                state.calltypes[expression] = signature.replace(args=(array, _plain(index), *value))
        return True


def _is_item(expression: Any) -> bool:
    is_read: bool = isinstance(expression, ir.Expr) and expression.op == "getitem"
    return is_read or isinstance(expression, ir.SetItem)


def _plain(index: Any) -> Any:
    """The type of an index, or of several; slices are left as they are."""
    if isinstance(index, _Tuple):
        return _tuple_of([_plain(part) for part in index.types])
    return types.uintp if isinstance(index, types.Integer) else index


class KernelCompiler(CompilerBase):
    """numba's compiler with this pass."""

    def define_pipelines(self) -> list[Any]:
        """The passes, in order."""
        define: Any = DefaultPassBuilder.define_nopython_pipeline
        passes = define(self.state)
        passes.add_pass_after(PlainIndices, NopythonTypeInference)
        passes.finalize()
        return [passes]

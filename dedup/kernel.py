"""The decorator of the compiled functions here."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


class _KernelCache(FunctionCache):
    """Numba's cache, without what only compiling needs: a fifth of a worker's start (see quality/kernel_cache.py)."""

    def load_overload(self: Any, signature: Any, target_context: Any) -> Any:
        """As numba's, but for `target_context.refresh()`: the compiler does that itself where nothing is found."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(signature, target_context)


def kernel(function: Kernel) -> Kernel:
    """Compiled once per machine, then read from numba's cache; other threads run meanwhile."""
    dispatcher: Any = njit(nogil=True)(function)
    cache: Any = _KernelCache
    dispatcher._cache = cache(function)
    return cast("Kernel", dispatcher)

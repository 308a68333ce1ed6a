"""The decorator of every compiled function here."""

import contextlib
from collections.abc import Callable
from pathlib import Path
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


def _compiled(**options: Any) -> Callable[[Kernel], Kernel]:
    """The decorator with these options of numba.

    Compiled once per machine, then read from numba's cache; other threads run meanwhile. Array bounds are checked only
    where NUMBA_BOUNDSCHECK=1 asks for it, as one of the tests does. No fastmath: results are the same everywhere.
    """

    def decorate(function: Kernel) -> Kernel:
        dispatcher: Any = njit(nogil=True, **options)(function)
        cache: Any = _KernelCache
        dispatcher._cache = cache(function)
        return cast("Kernel", dispatcher)

    return decorate


kernel = _compiled()
# Inlined wherever it is called, and without counting references to arrays at every use of one, which took most of the
# time of hashing short strings. For kernels that allocate nothing. `_nrt` is numba's own option and not documented.
lean_kernel = _compiled(forceinline=True, _nrt=False)


def forget_outdated_kernels(package: Path) -> None:
    """Delete the compiled kernels in folder `package` that are older than its newest source.

    Numba compares a compiled kernel with the file that defines it, not with the files of the kernels and constants
    that were compiled into it, so after a change there it would go on with the old ones.
    """
    sources_changed = max((source.stat().st_mtime_ns for source in package.rglob("*.py")), default=0)
    for index in package.rglob("__pycache__/*.nbi"):
        with contextlib.suppress(OSError):  # another process was quicker, or the folder is read-only
            if index.stat().st_mtime_ns < sources_changed:
                index.unlink()


forget_outdated_kernels(Path(__file__).parent)

"""Compiled kernels on disk: numba's cache, opened only where a kernel is called.

A worker calls about twenty of five hundred kernels, the others were compiled into those. Numba's own `cache=True` looks
for the folder of every one of them, and before it loads the first it imports all it needs to compile.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys


class KernelCache:
    """The cache of one function, as numba's dispatchers ask for it (`Dispatcher._cache`)."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @cached_property
    def _files(self) -> Any:
        cache: Any = FunctionCache
        return cache(self._function)

    @property
    def cache_path(self) -> str:
        """The folder of its files."""
        path: str = self._files.cache_path
        return path

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """The compiled function for a signature, None where there is none; the compiler makes itself ready then.

        As `Cache.load_overload` of numba but for `target_context.refresh()`, of which compiled code only needs the
        runtime: a fifth of a worker's start.
        """
        rtsys.initialize(target_context)
        with self._files._guard_against_spurious_io_errors():
            return self._files._load_overload(signature, target_context)

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep a compiled function."""
        self._files.save_overload(signature, compiled)

    def flush(self) -> None:
        """Forget what was kept."""
        self._files.flush()

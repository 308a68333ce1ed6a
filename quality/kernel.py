"""The decorator of every compiled function here."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

from quality.kernel_cache import KernelCache
from quality.plain_indices import KernelCompiler

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def _compiled(inlined: bool, counts_references: bool) -> Callable[[Kernel], Kernel]:
    """The decorator with these options.

    Compiled once per machine, then read from numba's cache; other threads run meanwhile. Array bounds are checked only
    where NUMBA_BOUNDSCHECK=1 asks for it, as one of the tests does. No fastmath: results are the same everywhere.
    `_nrt` is numba's own option and not documented; it is always said, so that it isn't taken from the caller. Nothing
    in C calls a kernel, so no function is compiled for that.
    """
    options: dict[str, Any] = {
        "_nrt": counts_references,
        "no_cfunc_wrapper": True,
        "pipeline_class": KernelCompiler,
        **({"forceinline": True} if inlined else {}),
    }

    def decorate(function: Kernel) -> Kernel:
        dispatcher: Any = njit(nogil=True, **options)(function)
        dispatcher._cache = KernelCache(function)
        return cast("Kernel", dispatcher)

    return decorate


# Inlined wherever it is called: a real call counts the references to all its arrays.
kernel = _compiled(inlined=True, counts_references=True)
# For what is long, called from several places, and seldom (a few times a document): each place would compile it anew.
called_kernel = _compiled(inlined=False, counts_references=True)
# For kernels that allocate nothing and return no array but one of their arguments: counting references at every use of
# an array took nearly all the time of those with many arrays (language identification: 4 MB/s with it, 50 without).
lean_kernel = _compiled(inlined=True, counts_references=False)
lean_called_kernel = _compiled(inlined=False, counts_references=False)


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

"""Where compiled kernels are kept when the packages are imported from a zip, as `spark-submit --py-files` ships them.

Numba keeps those of a zipped module by the path of the zip, which is another one for each Spark application (so each
worker would compile all again), or the same one for another version (so kernels that were compiled into a caller would
be those of before). Here the zip's content names the folder: one compilation a machine and version. The zip's packages
import this file before all else (see package_zip.py), and nothing else does.
"""

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any, Self

from numba.core import caching, config
from numba.misc import appdirs

_NUMBA: Any = caching
_CONFIG: Any = config
_FOLDERS: Any = appdirs


class ZippedKernels(_NUMBA.ZipCacheLocator):  # type: ignore[misc]
    """Keeps a zipped function's code in the first folder that can be written: NUMBA_CACHE_DIR, the user's, this one."""

    def __init__(self, function: Any, file: str) -> None:
        super().__init__(function, file)
        self._cache_path = str(kernel_folder(self._zip_path) / Path(self._internal_path).parent)

    @classmethod
    def from_function(cls, function: Any, file: str) -> Self | None:
        """A locator for `function`, or None (numba then asks another) when it is in no zip."""
        return cls(function, file) if ".zip/" in file else None


@cache
def kernel_folder(zip_path: str) -> Path:
    """The folder for the kernels of a zip; the working folder of a Spark worker can always be written."""
    name = hashlib.sha256(Path(zip_path).read_bytes()).hexdigest()[:24]
    user_wide = _FOLDERS.AppDirs(appname="numba", appauthor=False).user_cache_dir
    places = [Path(place) for place in (_CONFIG.CACHE_DIR, user_wide) if place]
    for place in places:
        folder = place / f"mixdown-{name}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path.cwd() / f".kernels-{name}"


if ZippedKernels not in _NUMBA.CacheImpl._locator_classes:
    _NUMBA.CacheImpl._locator_classes.insert(0, ZippedKernels)

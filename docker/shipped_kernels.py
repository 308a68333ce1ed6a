"""Where numba finds the kernels that an image ships, beside packages that its user cannot write to.

Numba takes a folder for compiled kernels only where it can write. So the first process of a container makes a folder in
NUMBA_CACHE_DIR for each of a package's, with links to what was shipped; what is compiled later goes there as well.
Named by NUMBA_CACHE_LOCATOR_CLASSES.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from numba.core.caching import UserProvidedCacheLocator


class ShippedKernels(UserProvidedCacheLocator):
    """A folder of NUMBA_CACHE_DIR that begins with the kernels beside the source."""

    def ensure_cache_path(self) -> None:
        """Make the folder with its links at once, so that no other process finds it half-made."""
        folder = Path(self.get_cache_path())
        if folder.is_dir():
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent))
        for kernel in (Path(self._py_file).resolve().parent / "__pycache__").glob("*.nb[ci]"):
            (made / kernel.name).symlink_to(kernel)
        with contextlib.suppress(OSError):  # another process was first
            os.rename(made, folder)
        shutil.rmtree(made, ignore_errors=True)

"""The files that a running Python needs: its standard library and the shared libraries of that."""

import os
import sysconfig
from functools import cache

# Shared libraries of the standard library's extension modules, and time zones.
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo", "/dev/null")


@cache
def readable_paths() -> tuple[str, ...]:
    """Folders and files that a sandboxed interpreter may read; none inside another of them."""
    paths = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *SYSTEM}
    base = sysconfig.get_config_var("installed_base")
    paths |= {str(path) for path in (sysconfig.get_config_var("LIBDIR"), f"{base}/lib") if path and _has_library(path)}
    kept: list[str] = []
    for path in sorted(path for path in paths if os.path.exists(path)):
        if not any(path == other or path.startswith(other + "/") for other in kept):
            kept.append(path)
    return tuple(kept)


def _has_library(folder: str) -> bool:
    """Whether libpython lies there as a shared library."""
    name = sysconfig.get_config_var("INSTSONAME") or ""
    return ".so" in name and os.path.exists(os.path.join(folder, name))

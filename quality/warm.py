"""Warming: compile every kernel once, so that no worker has to: `python -m quality.warm`, at set-up and in images."""

import pyarrow as pa

from quality.signals import measure


def warm() -> None:
    """Compile every kernel of this package into numba's cache; quick where that is already done.

    Both kinds of string have the same compiled version: offsets are widened before a kernel sees them.
    """
    measure(pa.array(["A few words are enough."]))


if __name__ == "__main__":
    warm()

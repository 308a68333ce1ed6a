"""Compile the kernels into numba's cache beside the package: `python -m mixer.warm`, once, at set-up and in images."""

import numpy as np

from mixer.best_fit import bin_tokens_of, pack


def warm() -> None:
    """Run every kernel on a few documents; all use has these argument types."""
    documents = np.array([5, 3, 1])
    pack(documents, 4)
    bin_tokens_of(documents, 4)


if __name__ == "__main__":
    warm()

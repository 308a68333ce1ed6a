"""Compile the kernels into numba's cache beside the package: once at set-up, not in every worker."""

import pyarrow as pa

from dedup.bands import band_hashes
from dedup.exact import content_hashes
from dedup.repeats.warm import warm_repeats
from dedup.settings import DedupSettings
from dedup.signatures import signatures


def warm() -> None:
    """Run every kernel on a sentence, with the argument types of real use."""
    text = pa.array(["the quick brown fox jumps over the lazy dog"])
    settings = DedupSettings()
    content_hashes(text)
    lanes, _ = signatures(text, settings)
    band_hashes(lanes, settings.bands, settings.rows)
    warm_repeats()


if __name__ == "__main__":
    warm()

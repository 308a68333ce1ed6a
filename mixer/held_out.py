"""Which documents are held out for validation: those whose order hash lies in the top share of all hashes.

Blocks are sorted and cut by the same hash, so of a source's blocks only the last few lose documents.
"""

from mixer.apportion import exact_fraction
from mixer.blocks import HASH_BITS


def held_out_from(share: float) -> int:
    """The least order hash that is held out, at most 2**64; a document is held out where its own is no less.

    `share` is that of documents, in [0, 1], read as the decimal that a person wrote. It depends on the share alone,
    so a document that is held out under a share is so under every greater one.
    """
    return (1 << HASH_BITS) - int(exact_fraction(share) * (1 << HASH_BITS))

"""Lines or paragraphs of documents, hashed without their outer whitespace and with runs of it as one space.

Nothing else is normalised: CCNet (Wenzek et al. 2020) also folds digits and drops punctuation, after which all rows of
a table of numbers are one; Dolma takes paragraphs as they are.
"""

import numpy as np

from dedup.buffers import string_buffers
from dedup.repeats.line_kernels import hash_units
from dedup.repeats.occurrences import Occurrences, Texts
from dedup.repeats.settings import LineSettings


def line_occurrences(texts: Texts, settings: LineSettings) -> Occurrences:
    """Every line or paragraph of `min_bytes` or more."""
    data, offsets = string_buffers(texts.text)
    # Each has min_bytes and, but for a document's last, a newline.
    most = int((offsets[-1] - offsets[0] + len(texts.text)) // (settings.min_bytes + 1)) + 1
    hashes, checks = np.empty(most, np.uint64), np.empty(most, np.uint64)
    documents, starts, ends = (np.empty(most, np.int32) for _ in range(3))
    count = hash_units(
        data,
        offsets,
        settings.unit == "paragraph",
        settings.min_bytes,
        hashes,
        checks,
        documents,
        starts,
        ends,
    )
    owner = documents[:count]
    return Occurrences(
        hashes[:count], checks[:count], texts.order[owner], texts.position[owner], starts[:count], ends[:count]
    )

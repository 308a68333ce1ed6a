"""How even an order of rows is, over every window of consecutive rows at once."""

from collections.abc import Sequence

import numpy as np

from mixer.interleave import Interleaving


def worst_window(counts: Sequence[int], shares: Sequence[float] | None = None) -> float:
    """The largest difference, over all windows and sources, between a source's rows and its share of the window.

    A window's difference is that of two prefixes, so the worst is the largest prefix's minus the smallest's; prefixes
    are extreme right before and right after a source's own rows. `shares` default to the counts' own.
    """
    rows = sum(counts)
    order = Interleaving(counts)
    worst = 0.0
    for source, count in enumerate(counts):
        share = count / rows if shares is None else shares[source]
        sequences = np.arange(count, dtype=np.int64)
        places = order.rows_of(source, sequences)
        before = sequences - places * share
        after = sequences + 1 - (places + 1) * share
        end = count - rows * share
        high = max(0.0, end, float(after.max(initial=0.0)))
        low = min(0.0, end, float(before.min(initial=0.0)))
        worst = max(worst, high - low)
    return worst

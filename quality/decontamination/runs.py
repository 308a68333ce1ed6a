"""Runs: where a document and a benchmark's item say the same, as kernels write them down."""

from typing import Any

import numpy as np

from quality.kernel import kernel

# Bytes [start, end) of a document that stand in an item.
RUN = np.dtype([("document", np.int32), ("start_bytes", np.int32), ("end_bytes", np.int32), ("item", np.int32)])

NO_RUN = -1


@kernel
def add_match(runs: Any, n_runs: int, of_document: Any, last_of_item: Any, match: Any) -> int:
    """Add a match, a tuple in RUN's order, or lengthen the item's last run that it overlaps; the new number of runs.

    `of_document` is the document's first run and the end of its room: a document has a run for each of its bytes at
    most, and what is beyond is left out, which only a text made for it can reach. `last_of_item[item]` is the item's
    last run in any document.
    """
    document, start, end, item = match
    first_run, room_end = of_document
    last = last_of_item[item]
    if last >= first_run and start <= runs[last].end_bytes:
        runs[last].start_bytes = min(runs[last].start_bytes, start)
        runs[last].end_bytes = max(runs[last].end_bytes, end)
        return n_runs
    if n_runs < room_end:
        runs[n_runs].document = document
        runs[n_runs].start_bytes = start
        runs[n_runs].end_bytes = end
        runs[n_runs].item = item
        last_of_item[item] = n_runs
        return n_runs + 1
    return n_runs

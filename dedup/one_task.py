"""Dedup of a data set that fits into one task: what `dedup.apply` does on Spark, with sorted arrays.

Spark plans and shuffles a dozen tables for it, which takes longer than all the work on fewer than some hundred thousand
documents. The result is the same, row for row.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dedup.greedy import surviving
from dedup.in_process import band_matrix, near_labels
from dedup.reasons import EXACT_DUPLICATE, NEAR_DUPLICATE, URL_DUPLICATE
from dedup.settings import DedupSettings
from dedup.signatures import stored_lanes


def fits(settings: DedupSettings, n_documents: int) -> bool:
    """Whether one task does it: repositories and shingles, which are read from text, need Spark's tables."""
    is_able = settings.repositories is None and settings.verify != "exact"
    return is_able and n_documents <= settings.max_documents_in_one_task


def removed_documents(documents: pa.Table, settings: DedupSettings) -> pa.Table:
    """What `find_duplicates` returns of the columns of DOCUMENTS_SQL, in the order of positions."""
    best_first = documents.take(_order(documents)).combine_chunks()
    n = best_first.num_rows
    known = best_first.column("is_known").to_numpy(zero_copy_only=False)
    survivors = np.arange(n)
    reasons = np.full(n, "", object)
    equals = ((EXACT_DUPLICATE, "content_hash", settings.exact), (URL_DUPLICATE, "url_hash", settings.urls))
    for reason, column, is_asked in equals:
        if is_asked:
            _remove(_first_equal(best_first.column(column), survivors), known, survivors, reasons, reason)
    if settings.near:
        _remove(_near(best_first, known, survivors, settings), known, survivors, reasons, NEAR_DUPLICATE)
    while not np.array_equal(survivors, survivors[survivors]):  # a survivor that went later, in favour of its own
        survivors = survivors[survivors]
    return _table(best_first, survivors, reasons)


def _order(documents: pa.Table) -> pa.Array:
    """Rows, the best first: known ones, then by preference, doc_id and position."""
    preference = documents.column("preference").combine_chunks()
    width = len(preference[0]) if len(preference) else 0
    ranks = preference.flatten().to_numpy(zero_copy_only=False).reshape(len(preference), width)
    keys = {"is_new": pc.invert(documents.column("is_known"))}
    keys |= {f"preference_{i}": pa.array(ranks[:, i]) for i in range(width)}
    keys |= {name: documents.column(name) for name in ("doc_id", "position")}
    return pc.sort_indices(pa.table(keys), [(name, "ascending") for name in keys])


def _first_equal(column: pa.ChunkedArray, survivors: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n]: the first row that is left and has the same value; itself for rows that are gone or have none."""
    found = np.arange(len(survivors))
    rows = np.flatnonzero((survivors == found) & column.is_valid().to_numpy())
    if len(rows):
        codes = pc.dictionary_encode(column.combine_chunks().take(pa.array(rows))).indices.to_numpy()
        _, first = np.unique(codes, return_index=True)
        found[rows] = rows[first][codes]
    return found


def _near(
    documents: pa.Table, known: NDArray[np.bool_], survivors: NDArray[np.int64], settings: DedupSettings
) -> NDArray[np.int64]:
    """int64[n]: the survivor among the rows that are left; itself for a row that stays or is gone."""
    found = np.arange(len(survivors))
    left = np.flatnonzero(survivors == found)
    with_bands, bands = band_matrix(documents.column("bands").take(pa.array(left)).combine_chunks())
    rows = left[with_bands]
    if settings.verify == "none" and not settings.incremental:
        members, labels = near_labels(bands)
        found[rows[members]] = rows[labels]
        return found
    lanes = None
    if settings.verify == "signature":
        lanes = stored_lanes(documents.column("signature").take(pa.array(rows)))
    if len(rows):
        found[rows] = rows[surviving(bands, known[rows], settings.threshold, lanes)]
    return found


def _remove(
    found: NDArray[np.int64], known: NDArray[np.bool_], survivors: NDArray[np.int64], reasons: NDArray[np.object_],
    reason: str,
) -> None:  # fmt: skip
    """Note the survivors that were found for rows that were left and are not known."""
    removed = (found != np.arange(len(found))) & ~known
    survivors[removed] = found[removed]
    reasons[removed] = reason


def _table(documents: pa.Table, survivors: NDArray[np.int64], reasons: NDArray[np.object_]) -> pa.Table:
    removed = np.flatnonzero(survivors != np.arange(len(survivors)))
    sizes = np.bincount(survivors[removed], minlength=len(survivors)) + 1
    own, of_survivors = pa.array(removed), pa.array(survivors[removed])
    table = pa.table(
        {
            "position": documents.column("position").take(own),
            "survivor": documents.column("position").take(of_survivors),
            "survivor_id": documents.column("doc_id").take(of_survivors),
            "reason": pa.array(reasons[removed], pa.string()),
            "cluster_size": pa.array(sizes[survivors[removed]], pa.int64()),
        }
    )
    return table.sort_by("position")

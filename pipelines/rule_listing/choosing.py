"""Which documents of a source are shown: a seeded few per reason, of all rejected, of all kept.

They are chosen when they are asked for, from the stored verdicts, and not kept by the stage `decide`. A document's
reference and text stay in the lake as ingested whatever the verdict, so a list of chosen ids would save one pass over
ids and reasons alone (a second or two for a million documents), and would fix number and seed beforehand.
"""

from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from mixer.order import key64
from pipelines.judged_rows import REASON_NAMES
from pipelines.judging import UNMEASURED
from pipelines.rule_listing.decided import DecidedSource
from pipelines.rule_listing.hits import rule_of
from pipelines.rule_listing.least_hashes import LeastHashes, Place, id_hashes, id_words

KEPT = "kept"
REJECTED = "rejected"  # for whatever reason; what could not be measured is neither

Int64s = npt.NDArray[np.int64]


def chosen_places(
    source: DecidedSource, seed: int, size: int, wanted: Callable[[str], bool], whole: Collection[str] = ()
) -> dict[str, list[Place]]:
    """Up to `size` documents of each reason that is `wanted`, and of KEPT and REJECTED as far as `whole` names them.

    A reason's choice depends on seed, source, reason and the documents' ids alone. Reasons in alphabetical order.
    """
    chosen: dict[str, LeastHashes] = {}
    for number, part in enumerate(source.parts):
        table = storage.read_table(part.verdicts_uri, ["doc_id", "keep", REASON_NAMES])
        words = id_words(table.column("doc_id").combine_chunks())
        for name, rows in _members(table, wanted, whole).items():
            key = key64("samples", seed, source.name, name)
            chosen.setdefault(name, LeastHashes(size)).offer(id_hashes(words[rows], key), number, rows)
    return {name: chosen[name].places() for name in sorted(chosen)}


def _members(table: pa.Table, wanted: Callable[[str], bool], whole: Collection[str]) -> dict[str, Int64s]:
    """The rows of a part's verdicts by what they may be chosen for; a row may be there twice."""
    lists = table.column("reasons").combine_chunks()
    counts = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
    rows = np.repeat(np.arange(len(lists)), counts)
    reasons = pc.struct_field(lists.flatten(), "reason").dictionary_encode()
    labels = reasons.indices.to_numpy(zero_copy_only=False)
    rows_of = {name: rows[labels == label] for label, name in enumerate(reasons.dictionary.to_pylist())}
    found = {name: of_reason for name, of_reason in rows_of.items() if wanted(name)}
    keep = np.array(table.column("keep"), np.bool_)
    if KEPT in whole:
        found[KEPT] = np.flatnonzero(keep)
    if REJECTED in whole:
        was_measured = np.ones(len(keep), np.bool_)
        for name, of_reason in rows_of.items():
            if rule_of(name) == UNMEASURED:
                was_measured[of_reason] = False
        found[REJECTED] = np.flatnonzero(~keep & was_measured)
    return found

"""Which documents of a source are shown: a seeded few per reason, of all rejected, of all kept.

They are chosen when they are asked for, from the stored verdicts, and not kept by the stage `decide`. A document's
reference and text stay in the lake as ingested whatever the verdict, so a list of chosen ids would save one pass over
ids and reasons alone (a second or two for a million documents), and would fix number and seed beforehand.
"""

from collections.abc import Callable, Collection

import numpy as np
import pyarrow.compute as pc

from mixer import storage
from mixer.order import key64
from pipelines.judged_rows import REASON_NAMES
from pipelines.rule_listing.decided import DecidedSource
from pipelines.rule_listing.least_hashes import LeastHashes, Place, id_hashes, id_words

KEPT = "kept"
REJECTED = "rejected"  # for whatever reason


def chosen_places(
    source: DecidedSource, seed: int, size: int, wanted: Callable[[str], bool], whole: Collection[str] = ()
) -> dict[str, list[Place]]:
    """Up to `size` documents of each reason that is `wanted`, and of KEPT and REJECTED as far as `whole` names them.

    A reason's choice depends on seed, source, reason and the documents' ids alone. Reasons in alphabetical order.
    """
    chosen: dict[str, LeastHashes] = {}
    keys = {name: key64("samples", seed, source.name, name) for name in (KEPT, REJECTED)}
    for number, part in enumerate(source.parts):
        table = storage.read_table(part.verdicts_uri, ["doc_id", "keep", REASON_NAMES])
        words = id_words(table.column("doc_id").combine_chunks())
        keep = np.array(table.column("keep"), np.bool_)
        members = {KEPT: np.flatnonzero(keep), REJECTED: np.flatnonzero(~keep)}
        found = {name: rows for name, rows in members.items() if name in whole}
        lists = table.column("reasons").combine_chunks()
        reasons = pc.struct_field(lists.flatten(), "reason").dictionary_encode()
        rows = np.repeat(np.arange(len(lists)), pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False))
        labels = reasons.indices.to_numpy(zero_copy_only=False)
        for label, name in enumerate(reasons.dictionary.to_pylist()):
            if wanted(name):
                found[name] = rows[labels == label]
        for name, own in found.items():
            key = keys.setdefault(name, key64("samples", seed, source.name, name))
            chosen.setdefault(name, LeastHashes(size)).offer(id_hashes(words[own], key), number, own)
    return {name: chosen[name].places() for name in sorted(chosen)}

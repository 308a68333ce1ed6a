"""Bounds that were found when a source was decided, the best share of its documents, as its verdicts have them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.rule_listing.catalogue import ListedCheck

Listed = Mapping[str, list[ListedCheck]]


def with_found_bounds(listed: Listed, verdict_uris: Sequence[str]) -> dict[str, list[ListedCheck]]:
    """The checks by rule, those that keep a share with the bound that their failures were recorded with.

    Reads verdicts until each has one; where no document fails such a check, it stays without.
    """
    missing = {f"{rule}.{check.reason}" for rule, own in listed.items() for check in own if check.top_share is not None}
    found: dict[str, float] = {}
    for uri in verdict_uris:
        if missing <= found.keys():
            break
        found |= _recorded(storage.read_table(uri, ["reasons"]), missing)
    return {
        rule: [
            replace(check, bound=found.get(f"{rule}.{check.reason}")) if check.top_share is not None else check
            for check in own
        ]
        for rule, own in listed.items()
    }


def _recorded(verdicts: pa.Table, reasons: set[str]) -> dict[str, float]:
    """The bound of the first failure of each reason."""
    failures = verdicts.column("reasons").combine_chunks().flatten()
    names, bounds = pc.struct_field(failures, "reason"), pc.struct_field(failures, "bound")
    first = {reason: pc.index(names, reason).as_py() for reason in reasons}
    return {reason: float(bounds[at].as_py()) for reason, at in first.items() if at >= 0}

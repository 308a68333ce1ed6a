"""Why a mixture does not train on a document: followed back through the stages, as far as it came."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from mixer.blocks import HASH_BITS, block_name
from mixer.held_out import held_out_from
from pipelines.block_sets import read_block_set
from pipelines.conditions.rewriting import FORGOTTEN, HELD_OUT, WHERE
from pipelines.context import part_number
from pipelines.diffing.document_ids import Ids, ids_of, positions_in
from pipelines.diffing.trained import TrainedSource
from pipelines.mixture import Mixture
from pipelines.reporting.files import Gone, reading
from pipelines.survivors import emptied_rows


class Outcome(StrEnum):
    """What became of a document that is not trained on."""

    UNKNOWN = "unknown"  # what would tell is not in the lake any more, or no stage has dropped it
    NOT_MIXED = "source_not_mixed"
    NOT_IN_SOURCE = "not_in_source"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    NOTHING_LEFT = "nothing_left"  # all of its text stands in text before
    NOT_CHOSEN = "not_chosen"  # by `where`, by a tombstone, or because it is held out for validation
    NOT_REACHED = "not_reached"


OUTCOMES = tuple(Outcome)


class Detail(NamedTuple):
    """More about one document: the rules that it fails or the kind of duplicate, and what was kept in its place."""

    reasons: tuple[str, ...]
    survivor_id: str = ""


@dataclass
class Absence:
    """What became of the documents `ids`, ascending; `watched` are the positions whose details are kept."""

    ids: Ids
    watched: frozenset[int]
    outcomes: npt.NDArray[np.int8]  # [ids], index into OUTCOMES
    # By outcome; a rejected document counts under each rule that it fails.
    reasons: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    details: dict[int, Detail] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Outcome -> documents, without those that none had."""
        counts = np.bincount(self.outcomes, minlength=len(OUTCOMES)).tolist()
        return {outcome.value: count for outcome, count in zip(OUTCOMES, counts, strict=True) if count}

    def open(self) -> npt.NDArray[np.bool_]:
        """bool[ids]: nothing is known yet."""
        unknown: npt.NDArray[np.bool_] = self.outcomes == OUTCOMES.index(Outcome.UNKNOWN)
        return unknown

    def settle(self, positions: npt.NDArray[np.int64], outcome: Outcome) -> None:
        """Give the documents at `positions` their outcome."""
        self.outcomes[positions] = OUTCOMES.index(outcome)

    def count(self, outcome: Outcome, reasons: pa.ChunkedArray) -> None:
        """Count the reasons for an outcome, one a document."""
        counts = {count["values"]: count["counts"] for count in pc.value_counts(reasons).to_pylist()}
        self.reasons[outcome.value].update(counts)

    def open_among(self, ids: Ids) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Of `ids` those that are open: their rows there and their positions here, each position once."""
        positions = positions_in(self.ids, ids)
        rows = np.flatnonzero(positions >= 0)
        rows = rows[self.outcomes[positions[rows]] == OUTCOMES.index(Outcome.UNKNOWN)]
        found, firsts = np.unique(positions[rows], return_index=True)
        return rows[firsts], found


def why_absent(mixture: Mixture, name: str, trained: TrainedSource, ids: Ids, watched: Iterable[int]) -> Absence:
    """Why documents `ids`, ascending, are not among those that `mixture` trains on of source or tier `name`.

    `trained` is what it trains on; reads ids and verdicts, no text and no tokens, and stops where all is settled.
    """
    absence = Absence(ids, frozenset(watched), np.zeros(len(ids), np.int8))
    if all(source.name != name for source in mixture.manifest.sources):
        absence.settle(np.arange(len(ids)), Outcome.NOT_MIXED)
    for step in (_look_in_unreached_blocks, _look_in_tokenized_blocks, _look_in_verdicts):
        if not absence.open().any():
            break
        try:
            with reading(f"Why documents of {name} are missing"):
                step(absence, mixture, name, trained)
        except Gone as gone:
            absence.notes.append(str(gone))
    return absence


def _look_in_unreached_blocks(absence: Absence, mixture: Mixture, name: str, trained: TrainedSource) -> None:  # noqa: ARG001
    for ids in trained.unreached_ids():
        absence.settle(absence.open_among(ids)[1], Outcome.NOT_REACHED)


def _look_in_tokenized_blocks(absence: Absence, mixture: Mixture, name: str, trained: TrainedSource) -> None:
    """What was tokenized and is in no block of the mixture was not chosen; what is held out is told by its hash."""
    if f"select/{name}" not in mixture.manifest.inputs:
        return
    settings = mixture.files.stage("select", name).settings
    reasons = [reason for reason, key in ((WHERE, "where"), (FORGOTTEN, "tombstones")) if settings.get(key)]
    first_held_out = held_out_from(settings.get("held_out") or 0)
    tokenized = read_block_set(mixture.files.lake, mixture.files.stage("tokenize", mixture.base_of(name)))
    for block, folder in tokenized.folders.items():
        if trained.blocks.folders.get(block) != folder:  # else the block is the mixture's own, with all it holds
            table = storage.read_table(f"{folder}/{block_name(block)}", ["doc_id", "order_hash"])
            rows, positions = absence.open_among(ids_of(table.column("doc_id")))
            is_held_out = _at_least(table.column("order_hash").to_numpy()[rows], first_held_out)
            absence.settle(positions, Outcome.NOT_CHOSEN)
            _give_reason(absence, positions[is_held_out], [HELD_OUT])
            _give_reason(absence, positions[~is_held_out], reasons)


def _at_least(hashes: npt.NDArray[np.uint64], first: int) -> npt.NDArray[np.bool_]:
    """bool[hashes]: no less than `first`, which may be 2**64."""
    return hashes >= np.uint64(first) if first < 1 << HASH_BITS else np.zeros(len(hashes), np.bool_)


def _give_reason(absence: Absence, positions: npt.NDArray[np.int64], reasons: list[str]) -> None:
    """Count and note why documents were not chosen; of two reasons, ids do not tell which it was."""
    if len(reasons) != 1:
        return
    absence.count(Outcome.NOT_CHOSEN, pa.chunked_array([pa.repeat(reasons[0], len(positions))]))
    for at in _watched(absence, positions):
        absence.details[int(positions[at])] = Detail((reasons[0],))


def _look_in_verdicts(absence: Absence, mixture: Mixture, name: str, trained: TrainedSource) -> None:  # noqa: ARG001
    base = mixture.base_of(name)
    verdicts = mixture.files.parts("decide", base, "part-")
    removed = {part_number(uri): uri for uri in mixture.files.parts("dedup", base, "removed-")}
    cuts: dict[int, str] = {}
    if f"repeats/{base}" in mixture.manifest.inputs:
        cuts = {part_number(uri): uri for uri in mixture.files.parts("repeats", base, "cuts-")}
    seen = np.zeros(len(absence.ids), np.bool_)
    for uri in verdicts:
        table = storage.read_table(uri, ["doc_id", "keep"])
        rows, positions = absence.open_among(ids_of(table.column("doc_id")))
        seen[positions] = True
        keep = table.column("keep").to_numpy()[rows]
        if not keep.all():
            _settle_rejected(absence, uri, rows[~keep], positions[~keep])
        if keep.any() and part_number(uri) in removed:
            _settle_removed(absence, removed[part_number(uri)], rows[keep], positions[keep])
        if part_number(uri) in cuts:
            emptied = np.isin(rows, emptied_rows(cuts[part_number(uri)]))
            absence.settle(positions[emptied], Outcome.NOTHING_LEFT)
    absence.settle(np.flatnonzero(absence.open() & ~seen), Outcome.NOT_IN_SOURCE)


def _settle_rejected(
    absence: Absence, verdicts_uri: str, rows: npt.NDArray[np.int64], positions: npt.NDArray[np.int64]
) -> None:
    absence.settle(positions, Outcome.REJECTED)
    failures = storage.read_table(verdicts_uri, ["reasons"]).column("reasons").take(pa.array(rows)).combine_chunks()
    reasons = pc.struct_field(pc.list_flatten(failures), "reason")
    once = pa.table({"document": pc.list_parent_indices(failures), "reason": reasons}).group_by(["document", "reason"])
    absence.count(Outcome.REJECTED, once.aggregate([]).column("reason"))
    for at in _watched(absence, positions):
        absence.details[int(positions[at])] = Detail(tuple(failure["reason"] for failure in failures[at].as_py()))


def _settle_removed(
    absence: Absence, removed_uri: str, rows: npt.NDArray[np.int64], positions: npt.NDArray[np.int64]
) -> None:
    removed = storage.read_table(removed_uri, ["row", "survivor_id", "reason"])
    order = np.argsort(rows)
    at = np.searchsorted(rows[order], removed.column("row").to_numpy())
    at = order[np.minimum(at, len(rows) - 1)]
    is_ours = rows[at] == removed.column("row").to_numpy()
    ours = removed.filter(pa.array(is_ours))
    found = positions[at[is_ours]]
    absence.settle(found, Outcome.DUPLICATE)
    absence.count(Outcome.DUPLICATE, ours.column("reason"))
    for place in _watched(absence, found):
        row = ours.slice(place, 1).to_pylist()[0]
        absence.details[int(found[place])] = Detail((row["reason"],), row["survivor_id"])


def _watched(absence: Absence, positions: npt.NDArray[np.int64]) -> list[int]:
    """Where in `positions` the watched ones stand."""
    found: list[int] = np.flatnonzero(np.isin(positions, list(absence.watched))).tolist()
    return found

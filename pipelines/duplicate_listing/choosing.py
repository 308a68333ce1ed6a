"""Which documents of a cluster are shown: its survivor, and a seeded few of the removed ones, some for every reason.

The choice depends on the seed and on the documents' ids, not on how they are cut into parts. The lists of removed
documents have rows and no ids, and name survivors by their ids alone, so ids are read: of each part that lost a
document of these clusters, and of the others until all survivors are found.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from mixer.order import key64
from pipelines.explaining.stored_rows import StageFiles, Stored, part_uris
from pipelines.rule_listing.least_hashes import LeastHashes, id_hashes, id_words

LIST_COLUMNS = ("row", "survivor_id", "reason")

Chosen = tuple[Stored, str]  # a removed document and the reason


@dataclass
class Shown:
    """The documents of a cluster that are shown; no survivor: it is not in the lake any more."""

    survivor: Stored | None = None
    members: list[Chosen] = field(default_factory=list)


class Chooser:
    """Meets every part once; the documents that it chooses are those with the least hashes."""

    def __init__(self, survivor_ids: Collection[str], size: int, seed: int) -> None:
        self._size = size
        self._keys = {survivor_id: key64("duplicates", seed, survivor_id) for survivor_id in survivor_ids}
        self._places: list[tuple[str, int]] = []  # source and part by number
        self._least: dict[tuple[str, str], LeastHashes] = {}  # by survivor and reason
        self._ids: dict[tuple[int, int], str] = {}
        self._survivors: dict[str, Stored] = {}

    def meet(self, source: str, part: int, documents_uri: str, removed: pa.Table | None) -> None:
        """Take note of a part; `removed` [LIST_COLUMNS] are those of its documents that may be shown."""
        missing = sorted(self._keys.keys() - self._survivors.keys())
        if removed is None and not missing:
            return
        number = len(self._places)
        self._places.append((source, part))
        ids = storage.read_table(documents_uri, ["doc_id"]).column("doc_id").combine_chunks()
        rows = pc.indices_nonzero(pc.is_in(ids, value_set=pa.array(missing, pa.string())))
        for row in rows.to_pylist():
            # Of equal ids the first is the survivor: the same content from the same place, met again.
            self._survivors.setdefault(ids[row].as_py(), Stored(source, part, row, ids[row].as_py()))
        if removed is not None and self._size:
            self._offer(number, ids, removed)

    def _offer(self, number: int, ids: pa.Array, removed: pa.Table) -> None:
        groups = removed.group_by(["survivor_id", "reason"], use_threads=False).aggregate([("row", "list")])
        for group in range(groups.num_rows):
            survivor_id, reason = groups["survivor_id"][group].as_py(), groups["reason"][group].as_py()
            rows = groups["row_list"][group].values
            least = self._least.setdefault((survivor_id, reason), LeastHashes(self._size))
            hashes = id_hashes(id_words(ids.take(rows)), self._keys[survivor_id])
            least.offer(hashes, number, rows.to_numpy().astype("int64"))
            for place in least.places():
                if place.part == number:
                    self._ids[place] = ids[place.row].as_py()

    def shown(self) -> dict[str, Shown]:
        """By survivor; reasons take turns."""
        found = {survivor_id: Shown(self._survivors.get(survivor_id)) for survivor_id in self._keys}
        for survivor_id, cluster in found.items():
            by_reason = [list(self._of_reason(*key)) for key in sorted(self._least) if key[0] == survivor_id]
            turns = chain.from_iterable(zip_longest(*by_reason))
            cluster.members += [chosen for chosen in turns if chosen is not None][: self._size]
        return found

    def _of_reason(self, survivor_id: str, reason: str) -> Iterator[Chosen]:
        for place in self._least[survivor_id, reason].places():
            source, part = self._places[place.part]
            yield Stored(source, part, place.row, self._ids[place]), reason


def choose(
    files: StageFiles,
    sources: Sequence[str],
    survivor_ids: Collection[str],
    size: int,
    seed: int,
    may_show: Callable[[str, str], bool],
    first: Mapping[str, Sequence[Chosen]],
) -> dict[str, Shown]:
    """Each cluster's survivor, and up to `size` removed documents: those that come `first`, by survivor, and others.

    The others are of those that `may_show(source, reason)`.
    """
    if not survivor_ids:
        return {}
    chooser = Chooser(survivor_ids, size, seed)
    wanted = pa.array(sorted(survivor_ids), pa.string())
    for source in sources:
        lists = part_uris(files, "dedup", source, "removed-")
        for part, uri in part_uris(files, "ingest", source).items():
            removed = _removed(lists[part], source, wanted, may_show) if size and part in lists else None
            chooser.meet(source, part, uri, removed)
    shown = chooser.shown()
    for survivor_id, cluster in shown.items():
        cluster.members = list(dict.fromkeys([*first.get(survivor_id, ()), *cluster.members]))[:size]
    return shown


def _removed(uri: str, source: str, wanted: pa.Array, may_show: Callable[[str, str], bool]) -> pa.Table | None:
    """LIST_COLUMNS of the documents in a list that were removed for the wanted survivors; None without any."""
    tables = []
    for table in storage.row_groups(uri, LIST_COLUMNS):
        own = table.filter(pc.is_in(table.column("survivor_id"), value_set=wanted))
        reasons = [name for name in pc.unique(own.column("reason")).to_pylist() if may_show(source, name)]
        own = own.filter(pc.is_in(own.column("reason"), value_set=pa.array(reasons, pa.string())))
        tables += [own] if own.num_rows else []
    return pa.concat_tables(tables) if tables else None

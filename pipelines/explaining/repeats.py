"""What was cut from a document's text because it stands in text before."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.explaining.stored_rows import Stored, by_part, part_uris
from pipelines.reporting.files import MixtureFiles, reading
from pipelines.survivors import NOTHING_LEFT

STAGE = "repeats"


@dataclass(frozen=True)
class Repeats:
    """Cuts by kind, and the bytes that they took of the text after its edits."""

    kinds: dict[str, int]
    cut_bytes: int

    @property
    def empties(self) -> bool:
        """Whether nothing is left, so that the document is rejected."""
        return NOTHING_LEFT in self.kinds


def repeats(files: MixtureFiles, stored: Iterable[Stored]) -> dict[Stored, Repeats]:
    """Those of the documents that lost text; none of sources that are not looked at."""
    found: dict[Stored, Repeats] = {}
    with reading("Repeats"):
        for (source, part), documents in by_part(stored).items():
            if f"{STAGE}/{source}" not in files.manifest.inputs:
                continue
            uris = part_uris(files, STAGE, source, "cuts-")
            if part in uris:
                rows = {document.row: document for document in documents}
                cuts = storage.read_table(uris[part])
                own = cuts.filter(pc.is_in(cuts.column("row"), value_set=pa.array(list(rows), pa.int32())))
                found |= {rows[row]: _of_row(own, row) for row in own.column("row").unique().to_pylist()}
    return found


def _of_row(cuts: pa.Table, row: int) -> Repeats:
    own = cuts.filter(pc.equal(cuts.column("row"), row)).to_pylist()
    sizes = sum(cut["end_bytes"] - cut["start_bytes"] for cut in own)
    return Repeats(dict(sorted(Counter(cut["kind"] for cut in own).items())), sizes)

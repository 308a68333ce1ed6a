"""What the group `pii` makes of texts."""

import pyarrow as pa

from quality.edits import apply_edits, merged
from quality.signal_group import Measured, documents_of
from quality.signals.pii import SIGNALS, PiiSettings


def columns(texts: list[str], *, code: bool = False, settings: PiiSettings | None = None) -> list[dict[str, object]]:
    """The columns of each text."""
    found: list[dict[str, object]] = pa.table(dict(_measure(texts, code, settings).columns)).to_pylist()
    return found


def replaced(texts: list[str], *, code: bool = False, settings: PiiSettings | None = None) -> list[str]:
    """Each text after its edits."""
    edits = _measure(texts, code, settings).edits
    changed: list[str] = apply_edits(pa.array(texts, pa.string()), merged(edits)).to_pylist()
    return changed


def _measure(texts: list[str], code: bool, settings: PiiSettings | None) -> Measured:
    path = pa.array(["file.txt" if code else None] * len(texts), pa.string())
    return SIGNALS.measure(documents_of(pa.array(texts, pa.string()), path=path), settings or PiiSettings())

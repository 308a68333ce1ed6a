"""A document's account as lines for people."""

import json
from collections.abc import Iterator
from typing import Any

from pipelines.explaining.accounts import Account
from pipelines.explaining.changes import Changes
from pipelines.explaining.documents import Provenance
from pipelines.explaining.duplicates import Cluster, Removal
from pipelines.explaining.plain_text import plain, plain_lines
from pipelines.explaining.repeats import Repeats
from pipelines.explaining.verdicts import Judged, Verdict

LABEL_CHARS = 11
CUT_CHARS = 60  # of what an edit cut


def field(label: str, value: str, indent: int = 2) -> str:
    """A line with a name before its value."""
    return f"{' ' * indent}{label:<{LABEL_CHARS}}{value}"


def counted(count: int, what: str) -> str:
    """1 row, 2 rows."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def account_lines(account: Account) -> Iterator[str]:
    """All that is known of a document but where it went."""
    yield from provenance_lines(account.document, account.language)
    yield from _verdict_lines(account.verdict)
    yield from _changes_lines(account.changes)
    if account.removal is not None:
        yield from _removal_lines(account.removal)
    if account.stands_for is not None:
        yield from _cluster_lines(account.stands_for)
    if account.repeats is not None:
        yield from _repeats_lines(account.repeats)


def provenance_lines(document: Provenance, language: str) -> Iterator[str]:
    """Where a document comes from."""
    yield field("document", f"{document.doc_id}  ({document.source}, part {document.part}, row {document.row:,})")
    yield field("from", plain(document.place))
    if document.url and document.repository:
        yield field("repository", plain(document.repository))
    facts = [
        plain(document.format),
        f"licence {plain(document.license or 'none found')}",
        f"language {plain(language)}",
    ]
    facts += [f"{document.date:%Y-%m-%d %H:%M} UTC"] if document.date else []
    yield field("is", ", ".join(facts))
    if document.metadata:
        yield field("metadata", plain(json.dumps(document.metadata, ensure_ascii=False)))


def text_lines(text: str | None) -> Iterator[str]:
    """An excerpt, each line marked, so that it is never taken for the report itself."""
    for number, line in enumerate(plain_lines(text)) if text is not None else ():
        yield field("text" if number == 0 else "", f"│ {line}")


def _verdict_lines(verdict: Verdict) -> Iterator[str]:
    asked = [judged for judged in verdict.checks if not judged.exempt]
    failed = sum(not judged.passed for judged in asked)
    told = f"kept, {counted(len(asked), 'check')} passed" if verdict.checks else "kept, its source has no rules"
    if not verdict.keep:
        told = f"rejected, {failed} of {counted(len(asked), 'check')} failed"
    if verdict.unmeasured is not None:
        told = f"quarantined, it could not be measured: {plain(verdict.unmeasured)}; no check was asked"
    yield field("verdict", told)
    for judged in asked:
        yield f"    {'passed' if judged.passed else 'FAILED'}  {plain(judged.reason)}: {_compared(judged)}"
    if exempt := len(verdict.checks) - len(asked):
        yield f"    exempt  {counted(exempt, 'check')} of other languages than the document's"


def _compared(judged: Judged) -> str:
    """`n_words 31 >= 50`; of a check of "none", what its signal lists."""
    if judged.comparison != "none":
        return f"{judged.signal} {_value(judged.value)} {judged.comparison} {plain(judged.bound)}"
    if judged.passed:
        return f"{judged.signal} lists nothing"
    value = "" if judged.value is None else f" {_value(judged.value)}"
    bound = f", bound {plain(judged.bound)}" if judged.bound else ""
    return f"{judged.signal} lists it{value and ':'}{value}{bound}"


def _value(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):  # alternatives of licences that hold together
        return plain(" OR ".join(" AND ".join(members) for members in value))
    return plain(str(value))


def _changes_lines(changes: Changes) -> Iterator[str]:
    """What is cut from the text, or replaced in it, before it is trained on."""
    if changes.rewritten:
        yield field("rewritten", "places of edits are those in the text that a formatter left")
    if not changes.count:
        return
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in changes.kinds.items())
    left = "" if changes.final_bytes is None else f"; {changes.final_bytes:,} bytes are left of the text"
    yield field("edits", f"{changes.count:,} ({kinds}){left}")
    for edit in changes.edits:
        cut = "" if edit.cut is None else f": {plain(edit.cut, CUT_CHARS)}"
        put = f" -> {edit.replacement!r}" if edit.replacement else ""
        yield f"    {edit.kind}  bytes {edit.start_bytes:,} to {edit.end_bytes - 1:,}{cut}{put}"
    if (more := changes.count - len(changes.edits)) > 0:
        yield f"    and {more:,} more"


def _repeats_lines(repeats: Repeats) -> Iterator[str]:
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in repeats.kinds.items())
    yield field("repeats", f"{repeats.cut_bytes:,} bytes are cut that stand in text before ({kinds})")


def _removal_lines(removal: Removal) -> Iterator[str]:
    where = plain(removal.survivor.place) if removal.survivor else "not in the lake any more"
    yield field("duplicate", f"{removal.reason} of {removal.survivor_id}: {where}")
    yield field("", f"which stands for {removal.cluster_size:,} documents")


def _cluster_lines(cluster: Cluster) -> Iterator[str]:
    yield field("stands for", f"{cluster.size:,} documents, itself included; removed in its favour:")
    for member in cluster.members:
        yield f"    {member.reason}  {member.document.doc_id}  {plain(member.document.place)}"
    if (more := cluster.size - 1 - len(cluster.members)) > 0:
        yield f"    and {more:,} more"

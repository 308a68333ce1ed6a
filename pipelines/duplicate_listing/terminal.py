"""Clusters for a terminal; every value from outside is made plain on the way."""

from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from pipelines.duplicate_listing.comparing import Cluster, Member
from pipelines.duplicate_listing.differences import MAX_COMPARED_CHARS, Difference, Differences
from pipelines.duplicate_listing.listing import Listing, SourceTotals
from pipelines.explaining.documents import Provenance
from pipelines.explaining.plain_text import plain, plain_lines
from pipelines.explaining.render_accounts import counted, field, text_lines
from pipelines.plain_table import plain_table

NUMBERS = ("documents", "kept", "retention", "removed", "clusters", "largest")


def totals_view(sources: Sequence[SourceTotals]) -> Table:
    """What dedup did to each source."""
    table = plain_table()
    table.add_column("source", no_wrap=True)
    for name in NUMBERS:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("removed as", overflow="fold")
    for own in sources:
        numbers = (own.documents, own.kept, own.removed, own.clusters, own.largest)
        documents, kept, removed, clusters, largest = (f"{number:,}" for number in numbers)
        retention = "" if own.retention is None else f"{own.retention:.1%}"
        reasons = Text(_counts(own.reasons))
        table.add_row(Text(plain(own.source)), documents, kept, retention, removed, clusters, largest, reasons)
    return table


def listing_lines(found: Listing) -> Iterator[str]:
    """The clusters, each under its number."""
    yield ""
    yield f"{counted(found.clusters, 'cluster')}, {counted(found.removed, 'document')} removed" + (
        f"; {counted(len(found.shown), 'cluster')} shown" if len(found.shown) < found.clusters else ""
    )
    for number, cluster in enumerate(found.shown, 1):
        yield ""
        yield from _cluster_lines(number, cluster)


def _cluster_lines(number: int, cluster: Cluster) -> Iterator[str]:
    sources: dict[str, int] = {}
    for each in cluster.removed:
        sources[each.source] = sources.get(each.source, 0) + each.documents
    yield f"{number}. {counted(cluster.size, 'document')}; removed: {_counts(cluster.reasons)}; of {_counts(sources)}"
    if cluster.survivor is None:
        yield field("survivor", f"{plain(cluster.survivor_id)}: not in the lake any more")
    else:
        document = cluster.survivor.document
        yield field("survivor", _name(document))
        yield from _facts(document, cluster.survivor.bytes, 2)
        yield from text_lines(document.text)
    for member in cluster.members:
        yield from _member_lines(member)


def _member_lines(member: Member) -> Iterator[str]:
    yield field("removed", f"{_name(member.document)} as {plain(member.reason)}")
    yield from _facts(member.document, member.bytes, 4)
    if member.differences is None:
        return
    yield field("differs", _summary(member.differences, member.similarity), 4)
    for difference in member.differences.shown:
        yield from _difference_lines(difference)
    if more := member.differences.count - len(member.differences.shown):
        yield f"{' ' * 6}and {counted(more, 'more place')}"


def _name(document: Provenance) -> str:
    return f"{plain(document.doc_id)}  ({plain(document.source)}, part {document.part}, row {document.row:,})"


def _facts(document: Provenance, n_bytes: int, indent: int) -> Iterator[str]:
    yield field("from", plain(document.place), indent)
    date = [f"{document.date:%Y-%m-%d %H:%M} UTC"] if document.date else []
    yield field("is", ", ".join([plain(document.format), f"{n_bytes:,} bytes", *date]), indent)


def _summary(found: Differences, similarity: float | None) -> str:
    alike = "too few words to tell how alike" if similarity is None else f"{similarity:.3f} of 5-grams shared"
    if found.same_text:
        return f"in nothing, the texts are equal; {alike}"
    if found.same_words:
        return f"in whitespace alone; {alike}"
    at_least = "" if found.whole else f", among the {MAX_COMPARED_CHARS:,} characters that were compared"
    return (
        f"in {counted(found.count, 'place')}: {counted(found.survivor_words, 'word')} of the survivor's, "
        f"{counted(found.member_words, 'word')} of its own{at_least}; {alike}"
    )


def _difference_lines(difference: Difference) -> Iterator[str]:
    before = f" …{plain(difference.before)}" if difference.before else ""
    yield f"{' ' * 6}@ {difference.at_chars:,} │{before}"
    for sign, text in (("-", difference.survivor), ("+", difference.member)):
        for line in plain_lines(text) if text else ():
            yield f"{' ' * 6}{sign} │ {line}"


def _counts(counts: Mapping[str, int]) -> str:
    """near_duplicate 20, exact_duplicate 4."""
    return ", ".join(f"{plain(name)} {count:,}" for name, count in counts.items()) or "nothing"

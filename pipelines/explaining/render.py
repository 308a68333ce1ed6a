"""Stories as lines for people; every value from outside is made plain on the way."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from pipelines.explaining.places import Presence
from pipelines.explaining.plain_text import plain
from pipelines.explaining.render_accounts import account_lines, counted, field, text_lines
from pipelines.explaining.rows import Part, RowStory
from pipelines.explaining.trail import DocumentStory, Mixing, Outcome, Trail

ROWS_SHOWN = 12  # of one epoch

_OUTCOMES: dict[Outcome, str] = {
    "unmeasured": "quarantined: it could not be measured",
    "rejected": "rejected by the rules",
    "duplicate": "removed as a duplicate",
    "nothing_left": "rejected: all of its text stands in text before",
    "left_out": "survived, and was left out of the mixture",
    "not_reached": "among the documents to be mixed; the rows end before its turn",
    "mixed": "in the mixture",
}


def row_lines(story: RowStory) -> Iterator[str]:
    """A row and its documents."""
    place = story.place
    tier = f" of {plain(story.source)}" if place.mixed_as != story.source else ""
    yield f"row {place.row}: row {story.row_in_shard} of {plain(story.shard)}, phase {plain(place.phase)}"
    yield (
        f"{plain(place.mixed_as)}{tier} ({plain(story.kind)}, group {plain(story.group)}), "
        f"sequence {place.sequence} of its own"
    )
    padding = f"{story.padding_tokens:,} of padding" if story.padding_tokens else "no padding"
    checked = "as stored in the shard" if story.matches_shard else "not compared: the shard is not there"
    yield f"{story.tokens:,} tokens, {padding}, {counted(len(story.parts), 'part')} of documents; {checked}"
    for number, part in enumerate(story.parts, 1):
        yield ""
        yield from _part_lines(number, part)


def _part_lines(number: int, part: Part) -> Iterator[str]:
    begins = "begins here" if part.begins_here else "begins in another row"
    ends = "ends here" if part.ends_here else "goes on in another row"
    yield (
        f"{number}. positions {part.position:,} to {part.position + part.tokens - 1:,}: tokens {part.start:,} to "
        f"{part.start + part.tokens - 1:,} of {part.document_tokens:,}; {begins}, {ends}"
    )
    yield from account_lines(part.account)
    yield field("epoch", f"{part.epoch} (block {part.block})")
    others = _rows([held.row for held in part.first_other_rows], part.other_rows)
    yield field("also in", others if part.other_rows else "no other row")
    yield from text_lines(part.text)


def document_lines(story: DocumentStory) -> Iterator[str]:
    """What goes by a name and what became of it."""
    yield f"{plain(story.asked)}: {counted(story.documents, 'document')}"
    for trail in story.trails:
        yield ""
        yield from _trail_lines(trail)
    if story.trails and story.documents > len(story.trails):
        yield f"{story.documents - len(story.trails):,} more copies: the same content from the same place"
    for document in story.listed:
        yield f"  {document.doc_id}  {plain(document.place)}"
    if story.listed:
        more = f"the first {len(story.listed)} are shown; " if story.documents > len(story.listed) else ""
        yield f"too many to tell about: {more}ask for one by its id"
    if story.refused_records:
        yield ""
        yield f"{counted(story.refused_records, 'record')} refused when the source was read:"
    for record in story.refused:
        detail = f": {plain(record.detail)}" if record.detail else ""
        place = f"{plain(record.source)}: {plain(record.reference)}"
        yield f"  {record.outcome} as {plain(record.reason)}{detail}  ({place})"


def _trail_lines(trail: Trail) -> Iterator[str]:
    yield _OUTCOMES[trail.outcome]
    yield from account_lines(trail.account)
    for mixing in trail.mixed:
        yield from _mixing_lines(mixing)
    for told in trail.tombstones:
        yield field("tombstone", f"{plain(told)}: builds leave it out from now on")
    yield from text_lines(trail.account.document.text)


def _mixing_lines(mixing: Mixing) -> Iterator[str]:
    if mixing.presence is None:
        why = "; ".join(map(plain, mixing.left_out_by)) or "the lake does not show why"
        yield field("left out", f"of {plain(mixing.mixed_as)}: {why}")
        return
    where = f", chosen by {plain(mixing.where)}" if mixing.where else ""
    presence = mixing.presence
    yield field("mixed as", f"{plain(mixing.mixed_as)}: {presence.tokens:,} tokens in block {presence.block}{where}")
    yield from _presence_lines(presence)


def _presence_lines(presence: Presence) -> Iterator[str]:
    """The rows by phase and epoch, in training order."""
    if not presence.held:
        yield "    in no row: the mixture ends before its turn"
    for (phase, epoch), group in groupby(presence.held, lambda held: (held.phase, held.epoch)):
        held = list(group)
        tokens = sum(part.tokens for part in held)
        rows = _rows([part.row for part in held], len({part.row for part in held}))
        yield f"    {plain(phase)}, epoch {epoch}: {tokens:,} tokens in {rows}"


def _rows(shown: Sequence[int], count: int) -> str:
    """row 4; rows 4, 5 and 7; the first few of many."""
    rows = sorted(set(shown))[:ROWS_SHOWN]
    more = f" and {count - len(rows):,} more" if count > len(rows) else ""
    return f"row{'s' if count > 1 else ''} {', '.join(map(str, rows))}{more}"

"""The records of a conversation's events: what was decided of it holds for each of them."""

from collections.abc import Iterator

from pipelines.document import Absorbed, Document, Quarantined, Record, Rejected
from pipelines.readers.github.conversation import Conversation
from pipelines.readers.github.rest_answers import DELETED, FORBIDDEN

Verdict = Document | Rejected | Quarantined

INCOMPLETE_DETAIL = "nothing that was read has the title and description"


def incomplete(conversation: Conversation) -> Quarantined:
    """Why there is no telling what `conversation`, which has no facts, is about."""
    first = conversation.references[0]
    if conversation.refusal == DELETED:
        return Quarantined(first, "deleted_upstream", "the REST API says that it is gone")
    if conversation.refusal == FORBIDDEN:
        return Quarantined(first, "forbidden_upstream", "the REST API denies access to it")
    return Quarantined(first, "trimmed_payload_incomplete", INCOMPLETE_DETAIL)


def records_of(conversation: Conversation, verdict: Verdict) -> Iterator[Record]:
    """`verdict` for the first event; for the others that they went into its document, or the same reason."""
    yield verdict
    for reference in conversation.references[1:]:
        if isinstance(verdict, Document):
            yield Absorbed(reference)
        elif isinstance(verdict, Rejected):
            yield Rejected(reference, verdict.reason)
        else:
            yield Quarantined(reference, verdict.reason, verdict.detail)


def metadata_of(conversation: Conversation) -> dict[str, object]:
    """What the document's metadata say of `conversation`."""
    return {
        "number": conversation.number,
        "events": len(conversation.references),
        "opened": conversation.opened and conversation.opened.isoformat(),
        "closed": conversation.closed and conversation.closed.isoformat(),
    }

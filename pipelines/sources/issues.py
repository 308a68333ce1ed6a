"""Source kind `issues`: GitHub issues with their comments, from hourly event archives or REST answers.

The uri is a file, a folder or a pattern of archives (`*.json.gz` or `.json`, one JSON event a line). Input is shared
out among tasks by repository, so that an issue's events, which may span hours, are read by one.

The books: every event is one record. A kept issue gives a Document for the first of its events and Absorbed for the
others; one that a rule drops gives Rejected for each. Issue comments on pull requests belong to `pull_requests`.
"""

from collections.abc import Iterator

from mixer.formats.issue import refusal_of, render_issue
from pipelines.document import Document, Record, Rejected
from pipelines.readers.github.conversation import Conversation
from pipelines.readers.github.conversation_records import Verdict, incomplete, metadata_of, records_of
from pipelines.readers.github.gathering import conversation_splits, conversations_of
from pipelines.readers.github.issue_options import IssueOptions
from pipelines.readers.github.issue_text import issue_of
from pipelines.source import SourceKind, Split

RULES: tuple[str, ...] = ("opened_by_bot", "too_short", "one_user_too_long", "one_user_too_many_events")  # the format's


def splits(uri: str, options: IssueOptions) -> list[Split]:
    """The shares of all archives of `uri`; FileNotFoundError where there are none."""
    return conversation_splits(uri, options)


def read(split: Split, options: IssueOptions) -> Iterator[Record]:
    """One record for every event of `split`; conversations last, by repository."""
    for found in conversations_of(split, "issue", options):
        if not isinstance(found, list):
            yield found
            continue
        for conversation in found:
            yield from records_of(conversation, _judged(conversation))


def _judged(conversation: Conversation) -> Verdict:
    """The document of `conversation`, or, for its first event, why it has none."""
    facts = conversation.facts
    if facts is None:
        return incomplete(conversation)
    issue = issue_of(conversation, facts)
    reason = refusal_of(issue)
    if reason:
        return Rejected(conversation.references[0], reason)
    text, marks = render_issue(issue)
    repository, number = conversation.repository, conversation.number
    return Document(
        text=text,
        marks=marks,
        format="issue",
        url=facts.url or f"https://github.com/{repository}/issues/{number}",
        repository=repository,
        date=conversation.opened,
        metadata=metadata_of(conversation),
    )


SOURCE = SourceKind(
    name="issues",
    group="code",
    options=IssueOptions,
    splits=splits,
    read=read,
    lists_files=True,
)

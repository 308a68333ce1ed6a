"""Source kind `pull_requests`: conversations on GitHub pull requests, from hourly event archives or REST answers.

The uri is a file, a folder or a pattern of archives (`*.json.gz` or `.json`, one JSON event a line). Input is shared
out among tasks by repository, so that a pull request's events, which may span hours, are read by one.

The books: every event is one record. A kept pull request gives a Document for the first of its events and Absorbed
for the others; one that a rule drops gives Rejected for each. Events whose pull request nothing describes (the
payload since October 2025 has neither title nor description) are Quarantined as `trimmed_payload_incomplete`, or as
what the REST API said when it was asked.
"""

from collections.abc import Iterator

from pipelines.document import Document, Record, Rejected
from pipelines.readers.github.conversation import Conversation
from pipelines.readers.github.conversation_records import Verdict, incomplete, metadata_of, records_of
from pipelines.readers.github.conversation_rules import failing_length, failing_reason, is_sampled, keep_probability
from pipelines.readers.github.events import Facts
from pipelines.readers.github.gathering import conversation_splits, conversations_of
from pipelines.readers.github.pull_request_options import PullRequestOptions
from pipelines.readers.github.pull_request_text import render
from pipelines.readers.github.repository_diffs import RepositoryDiffs, identity_of_repositories
from pipelines.source import SourceKind, Split


def splits(uri: str, options: PullRequestOptions) -> list[Split]:
    """The shares of all archives of `uri`; FileNotFoundError where there are none."""
    return conversation_splits(uri, options, identity_of_repositories(options.repositories))


def read(split: Split, options: PullRequestOptions) -> Iterator[Record]:
    """One record for every event of `split`; conversations last, by repository."""
    repositories = RepositoryDiffs(options)
    for found in conversations_of(split, "pull_request", options):
        if isinstance(found, list):
            yield from _sampled([(talk, _judged(talk, options)) for talk in repositories.added_to(found)], options)
        else:
            yield found


def _judged(conversation: Conversation, options: PullRequestOptions) -> Verdict:
    """The document of `conversation`, or, for its first event, why it has none."""
    facts = conversation.facts
    if facts is None:
        return incomplete(conversation)
    first = conversation.references[0]
    reason = failing_reason(conversation, facts, options)
    if reason:
        return Rejected(first, reason)
    document = _document(conversation, facts, options)
    reason = failing_length(document.text, options)
    return Rejected(first, reason) if reason else document


def _sampled(judged: list[tuple[Conversation, Verdict]], options: PullRequestOptions) -> Iterator[Record]:
    """The records of every event of one repository's conversations; of many documents only a share stays."""
    documents = sum(isinstance(verdict, Document) for _, verdict in judged)
    for talk, verdict in judged:
        if isinstance(verdict, Document) and options.max_per_repository is not None:
            probability = keep_probability(documents, options.max_per_repository)
            if not is_sampled(talk.repository, talk.number, probability):
                verdict = Rejected(talk.references[0], "repository_subsampled")
        yield from records_of(talk, verdict)


def _document(conversation: Conversation, facts: Facts, options: PullRequestOptions) -> Document:
    text, marks = render(conversation, facts, options)
    repository, number = conversation.repository, conversation.number
    return Document(
        text=text,
        marks=marks,
        format="pull_request",
        url=facts.url or f"https://github.com/{repository}/pull/{number}",
        repository=repository,
        license=facts.license,
        date=conversation.opened,
        metadata=metadata_of(conversation) | {"merged": conversation.is_merged},
    )


SOURCE = SourceKind(
    name="pull_requests",
    group="code",
    options=PullRequestOptions,
    splits=splits,
    read=read,
    lists_files=True,
)

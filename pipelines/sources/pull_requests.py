"""Source kind `pull_requests`: conversations on GitHub pull requests, from hourly event archives.

The uri is a file, a directory or a glob of archives (`*.json.gz` or `.json`, one JSON event a line). A
conversation may span hours, so all files of a uri form one split, which holds its pull-request events in
memory with their texts cut: 2 KB each on average in an hour of 2015. Give a long period as several sources.

The books: every line that is not blank is one record. A kept pull request gives a Document for the first of
its events and Absorbed for the others; one that a rule drops gives Rejected for each. Events whose pull
request no event of the input describes (the payload since October 2025 has neither title nor description) are
Quarantined as `trimmed_payload_incomplete`.
"""

from collections import Counter
from collections.abc import Iterator

from pipelines.document import Absorbed, Document, Quarantined, Record, Rejected
from pipelines.readers.github.conversation import Conversation, assemble, key_of
from pipelines.readers.github.conversation_rules import failing_length, failing_reason, is_sampled, keep_probability
from pipelines.readers.github.event_archives import archive_files, archive_lines, identity_of
from pipelines.readers.github.events import ConversationEvent, Facts, read_event
from pipelines.readers.github.pull_request_options import PullRequestOptions
from pipelines.readers.github.pull_request_text import render
from pipelines.source import SourceKind, Split

INCOMPLETE_DETAIL = "no event of the input has the pull request's title and description"


def splits(uri: str, _options: PullRequestOptions) -> list[Split]:
    """One split of all archives of `uri`; FileNotFoundError where there are none."""
    files = archive_files(uri)
    size_bytes = sum(file.size_bytes for file in files)
    return [Split(uri=uri, identity=identity_of(files), size_bytes=size_bytes)]


def read(split: Split, options: PullRequestOptions) -> Iterator[Record]:
    """One record for every event line of `split`; conversations last, in the order of their first event."""
    events: dict[tuple[str, int], list[ConversationEvent]] = {}
    for line in archive_lines(split.uri, archive_files(split.uri), options.max_line_bytes):
        event = line if isinstance(line, Quarantined) else read_event(line, options)
        if isinstance(event, ConversationEvent):
            events.setdefault(key_of(event), []).append(event)
        else:
            yield event
    conversations = (assemble(of_one) for of_one in events.values())
    yield from _sampled([(talk, _judged(talk, options)) for talk in conversations], options)


def _judged(conversation: Conversation, options: PullRequestOptions) -> Document | Rejected | Quarantined:
    """The document of `conversation`, or, for its first event, why it has none."""
    first = conversation.references[0]
    facts = conversation.facts
    if facts is None:
        return Quarantined(first, "trimmed_payload_incomplete", INCOMPLETE_DETAIL)
    reason = failing_reason(conversation, facts, options)
    if reason:
        return Rejected(first, reason)
    document = _document(conversation, facts, options)
    reason = failing_length(document.text, options)
    return Rejected(first, reason) if reason else document


def _sampled(
    judged: list[tuple[Conversation, Document | Rejected | Quarantined]], options: PullRequestOptions
) -> Iterator[Record]:
    """The records of every event of `judged`; of a repository with many documents only a share stays."""
    documents = Counter(talk.repository.lower() for talk, verdict in judged if isinstance(verdict, Document))
    for talk, verdict in judged:
        if isinstance(verdict, Document) and options.max_per_repository is not None:
            probability = keep_probability(documents[talk.repository.lower()], options.max_per_repository)
            if not is_sampled(talk.repository, talk.number, probability):
                verdict = Rejected(talk.references[0], "repository_subsampled")
        yield verdict
        for reference in talk.references[1:]:
            yield _record_of_other_event(reference, verdict)


def _record_of_other_event(reference: str, verdict: Document | Rejected | Quarantined) -> Record:
    if isinstance(verdict, Document):
        return Absorbed(reference)
    if isinstance(verdict, Rejected):
        return Rejected(reference, verdict.reason)
    return Quarantined(reference, verdict.reason, verdict.detail)


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
        metadata={
            "number": number,
            "merged": conversation.is_merged,
            "events": len(conversation.references),
            "opened": conversation.opened and conversation.opened.isoformat(),
            "closed": conversation.closed and conversation.closed.isoformat(),
        },
    )


SOURCE = SourceKind(
    name="pull_requests",
    group="code",
    options=PullRequestOptions,
    splits=splits,
    read=read,
)

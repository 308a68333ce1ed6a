"""A split's conversations: the events of its repositories gathered from all files, completed from REST answers.

Memory holds the events of the split's share about the wanted subject, their texts cut: 2 KB each on average.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelines.document import Quarantined, Record, Rejected
from pipelines.readers.github.conversation import Conversation, assemble
from pipelines.readers.github.conversation_options import ConversationOptions
from pipelines.readers.github.conversation_text import Cuts
from pipelines.readers.github.event_archives import archive_files, identity_of
from pipelines.readers.github.event_shares import POSITIONS, position_of, ranges_of_positions, repository_in
from pipelines.readers.github.events import ConversationEvent, Subject, event_of, repository_of
from pipelines.readers.github.input_items import Unparsed, items_of, unparsed_of_answers, unparsed_of_file
from pipelines.readers.github.rest_answers import Answer, event_of_answer
from pipelines.readers.inputs import InputPath, inputs_at
from pipelines.source import Split

NO_SUCH_SUBJECT = {"pull_request": "not_a_pull_request_event", "issue": "not_an_issue_event"}
REST_SUFFIXES = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".csv", ".csv.gz")
PLAIN_BYTES_PER_STORED = 8  # what gzip makes of event lines, about
EventsOfNumber = dict[int, list[ConversationEvent]]


class Wanted(NamedTuple):
    """What a task takes of its input: the subject, and the positions of its repositories."""

    subject: Subject
    start: int
    stop: int
    cuts: Cuts

    def has(self, repository: str | None) -> bool:
        """Whether the repository's lines are this task's."""
        return self.start <= position_of(repository) < self.stop


def conversation_splits(uri: str, options: ConversationOptions, identity_of_others: str = "") -> list[Split]:
    """The shares of all archives of `uri`, each of some repositories; FileNotFoundError where there are none.

    Their identity is that of the archives, of the REST answers and, in `identity_of_others`, of what else is read.
    """
    files = archive_files(uri)
    stored_bytes = sum(file.size_bytes // (1 if file.uri.endswith(".gz") else PLAIN_BYTES_PER_STORED) for file in files)
    ranges = ranges_of_positions(stored_bytes, options.split_bytes)
    identity = identity_of([*files, *rest_files(options)]) + identity_of_others
    size_bytes = sum(file.size_bytes for file in files) // len(ranges)
    return [Split(uri=uri, identity=identity, size_bytes=size_bytes, start=start, stop=stop) for start, stop in ranges]


def rest_files(options: ConversationOptions) -> list[InputPath]:
    """The files of the option `rest`; FileNotFoundError for a uri without any."""
    return [file for uri in options.rest for file in inputs_at(uri, REST_SUFFIXES, "REST answers")]


def conversations_of(
    split: Split, subject: Subject, options: ConversationOptions
) -> Iterator[Record | list[Conversation]]:
    """For every line of `split` that is part of no conversation its record, then the conversations by repository.

    Repositories come in the order of their first event, and so do the conversations of one.
    """
    stop = POSITIONS if split.stop is None else split.stop
    wanted = Wanted(subject, split.start, stop, options.cuts())
    gathered: dict[str, EventsOfNumber] = {}
    for file in archive_files(split.uri):
        for unparsed in unparsed_of_file(file, options.max_line_bytes):
            for event in _events(unparsed, wanted):
                if isinstance(event, ConversationEvent):
                    _of_repository(gathered, event).setdefault(event.number, []).append(event)
                else:
                    yield event
    completing: dict[str, EventsOfNumber] = {}
    for told in _completing(options, wanted):
        if isinstance(told, Quarantined):
            yield told
        elif told.number in gathered.get(told.repository.lower(), {}):
            _of_repository(completing, told).setdefault(told.number, []).append(told)
    while gathered:  # each repository's events go when they have been used
        repository = next(iter(gathered))
        events, more = gathered.pop(repository), completing.pop(repository, {})
        yield [assemble(of_one, more.get(number, ())) for number, of_one in events.items()]


def _of_repository(gathered: dict[str, EventsOfNumber], event: ConversationEvent) -> EventsOfNumber:
    return gathered.setdefault(event.repository.lower(), {})


def _events(unparsed: Unparsed | Quarantined, wanted: Wanted) -> Iterator[ConversationEvent | Rejected | Quarantined]:
    """The events in one line that are the task's own, and what else there is to say of that line."""
    if isinstance(unparsed, Quarantined):
        if wanted.has(None):
            yield unparsed
        return
    repository = repository_in(unparsed.data)
    if repository is not None and not wanted.has(repository):
        return
    for item in items_of(unparsed):
        if isinstance(item, Quarantined):
            found: ConversationEvent | Quarantined | None = item
        else:
            found = _event(item, wanted)
        named = found.repository if isinstance(found, ConversationEvent) else _repository_named(item)
        if repository is None:
            if wanted.has(named):
                yield _outcome(item, found, wanted)
        elif isinstance(item, Answer) and (named or "").lower() != repository.lower():
            yield Quarantined(item.reference, "malformed_event", "it names two repositories")
        else:
            yield _outcome(item, found, wanted)


def _event(item: Answer, wanted: Wanted) -> ConversationEvent | Quarantined | None:
    if isinstance(item.value.get("type"), str):
        return event_of(item.reference, item.value, wanted.subject, wanted.cuts)
    answer = event_of_answer(item, wanted.cuts)
    if answer is not None:
        return answer if answer.subject == wanted.subject else None
    is_answer = bool(item.url) or item.status != 200
    return None if is_answer else Quarantined(item.reference, "not_an_event", "no event and no known REST answer")


def _repository_named(item: Answer | Quarantined) -> str | None:
    return repository_of(item.value) if isinstance(item, Answer) else None


def _outcome(
    item: Answer | Quarantined, found: ConversationEvent | Quarantined | None, wanted: Wanted
) -> ConversationEvent | Rejected | Quarantined:
    return found or Rejected(item.reference, NO_SUCH_SUBJECT[wanted.subject])


def _completing(options: ConversationOptions, wanted: Wanted) -> Iterator[ConversationEvent | Quarantined]:
    """What the REST answers tell of the task's repositories; damage is told by the first task alone."""
    for file in rest_files(options):
        for unparsed in unparsed_of_answers(file, options.max_line_bytes):
            items: Iterable[Answer | Quarantined]
            items = [unparsed] if isinstance(unparsed, Quarantined) else items_of(unparsed)
            for item in items:
                if isinstance(item, Quarantined):
                    if wanted.has(None):
                        yield item
                    continue
                found = event_of_answer(item, wanted.cuts)
                if found and found.subject == wanted.subject and wanted.has(found.repository):
                    yield found

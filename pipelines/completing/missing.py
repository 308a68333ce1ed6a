"""What a source's conversations lack: which ones nothing describes, and how many by month and generation of payload."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.readers.github.conversation import Conversation
from pipelines.readers.github.conversation_options import ConversationOptions
from pipelines.readers.github.event_archives import ARCHIVE_SUFFIXES
from pipelines.readers.github.events import EPOCH, Subject
from pipelines.readers.github.gathering import conversation_splits, conversations_of
from pipelines.readers.inputs import inputs_at
from pipelines.recipe_keys.problems import RecipeError
from pipelines.recipe_keys.sources import SourceSpec

SUBJECT_OF_KIND: dict[str, Subject] = {"pull_requests": "pull_request", "issues": "issue"}


class Cell(NamedTuple):
    """A row of the report: what the counts are of."""

    source: str
    month: str  # of the first event that was read: 2025-11, or `unknown`
    payload: str  # full, or trimmed where some event of the conversation is


@dataclass
class Counts:
    """Conversations of a cell; `events` counts what was read of them."""

    events: int = 0
    conversations: int = 0
    described: int = 0
    refused: int = 0  # the API said that they are gone or not to be had
    incomplete: int = 0


@dataclass
class Lacking:
    """What one source lacks; `asked_for` are the conversations to ask about."""

    source: str
    subject: Subject
    options: ConversationOptions
    counts: dict[Cell, Counts] = field(default_factory=dict)
    asked_for: list[Conversation] = field(default_factory=list)


def lacking_of(source: SourceSpec, answers_uri: str, described_too: bool = False) -> Lacking:
    """What `source` lacks beyond the answers that it names and those in the folder `answers_uri`.

    `described_too`: all conversations are asked for, since archives of some hours have only those hours' comments.
    Folders of answers that are not there yet count as empty; RecipeError where the source finds no archives.
    """
    subject = SUBJECT_OF_KIND[source.kind]
    options = _with_answers(source, answers_uri)
    lacking = Lacking(source.name, subject, options)
    for conversation in _conversations(source, subject, options):
        _count(lacking, conversation)
        if described_too or not conversation.is_self_described:
            lacking.asked_for.append(conversation)
    lacking.asked_for.sort(key=lambda one: (one.repository.lower(), one.number))
    return lacking


def _with_answers(source: SourceSpec, answers_uri: str) -> ConversationOptions:
    options = source.options_to_read()
    if not isinstance(options, ConversationOptions):
        raise TypeError(f"kind {source.kind!r} has no conversations")
    there = [uri for uri in dict.fromkeys([*options.rest, answers_uri]) if _has_files(uri)]
    return options.model_copy(update={"rest": tuple(there)})


def _has_files(uri: str) -> bool:
    try:
        return bool(inputs_at(uri, ARCHIVE_SUFFIXES, "REST answers"))
    except FileNotFoundError:
        return False


def _conversations(source: SourceSpec, subject: Subject, options: ConversationOptions) -> Iterator[Conversation]:
    problems = []
    for uri in source.uris():
        try:
            splits = conversation_splits(uri, options)
        except FileNotFoundError as error:
            problems.append(str(error))
            continue
        for split in splits:
            for found in conversations_of(split, subject, options):
                if isinstance(found, list):
                    yield from found
        return
    raise RecipeError(f"source {source.name!r} finds no input: {'; '.join(problems)}")


def _count(lacking: Lacking, conversation: Conversation) -> None:
    at = conversation.first_event
    cell = Cell(
        lacking.source,
        "unknown" if at == EPOCH else f"{at:%Y-%m}",
        "trimmed" if conversation.is_trimmed else "full",
    )
    counts = lacking.counts.setdefault(cell, Counts())
    counts.events += len(conversation.references)
    counts.conversations += 1
    if conversation.facts is not None:
        counts.described += 1
    elif conversation.refusal is not None:
        counts.refused += 1
    else:
        counts.incomplete += 1

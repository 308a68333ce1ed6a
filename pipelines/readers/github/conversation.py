"""Events brought together into the conversation of one pull request or issue."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from mixer.formats.pull_request import BaseFile, FileDiff
from pipelines.readers.github.diffs import hunks_of
from pipelines.readers.github.events import ConversationEvent, Facts
from pipelines.readers.github.payload_values import User
from pipelines.readers.github.rest_answers import DELETED, FORBIDDEN

# Accounts that act by themselves but are registered as users; GitHub marks the newer ones with `[bot]`.
BOT_LOGINS = frozenset(
    {
        "allcontributors",
        "codecov-commenter",
        "codecov-io",
        "coveralls",
        "googlebot",
        "greenkeeperio",
        "netlify",
        "scrutinizer-notifier",
        "sonarcloud",
        "vercel",
        "web-flow",
    }
)
BOT_ENDINGS = ("[bot]", "-bot", "_bot", "-robot", "-ci")
BOT_BEGINNINGS = ("bot-", "dependabot", "renovate-", "github-actions", "pre-commit-ci")


GHOST = User("ghost", is_bot=False)  # GitHub's name for an account that is gone


@dataclass(frozen=True)
class Conversation:
    """A pull request or issue and what happened to it.

    `references` lists every event that was read of it, in the order of reading; `items` its comments, reviews
    and review comments in the order of time, each in its last state.
    """

    repository: str
    number: int
    references: list[str]
    items: list[ConversationEvent]
    facts: Facts | None  # None: no event says the title
    author: User
    opened: datetime | None
    closed: datetime | None
    closed_by: User | None
    is_merged: bool
    first_event: datetime
    is_self_described: bool  # its own events have title and description, whatever completes them
    is_trimmed: bool  # some event of it tells neither title nor description
    refusal: str | None  # what the API said in place of an answer: DELETED or FORBIDDEN
    commits: tuple[str, str] | None  # of the base and of the head
    diffs: list[FileDiff]
    base_files: list[BaseFile] = field(default_factory=list)

    @property
    def is_approved(self) -> bool:
        """Whether a review, not dismissed since, approves."""
        return any(item.kind == "review" and item.state == "approved" for item in self.items)

    @property
    def human_items(self) -> list[ConversationEvent]:
        """The items that no bot wrote."""
        return [item for item in self.items if not is_bot(item.user)]


def is_bot(user: User) -> bool:
    """Whether `user` is an account that acts by itself, by its type or its name."""
    login = user.login.lower()
    named = login in BOT_LOGINS or login.endswith(BOT_ENDINGS) or login.startswith(BOT_BEGINNINGS)
    return user.is_bot or named


def key_of(event: ConversationEvent) -> tuple[str, int]:
    """What the events of one pull request share; GitHub's names do not tell case."""
    return event.repository.lower(), event.number


def assemble(events: Iterable[ConversationEvent], completing: Iterable[ConversationEvent] = ()) -> Conversation:
    """The conversation of `events`: at least one, all of one pull request or issue; repeated events count once.

    `completing` tells more of it and has no records of its own.
    """
    read = list(events)
    ordered = sorted(_unique([*read, *completing]), key=lambda event: (event.at, len(event.event_id), event.event_id))
    facts = _facts(ordered)
    opening = next((event for event in ordered if _is_status(event, "opened")), None)
    closing = _closing(ordered)
    is_merged = any(event.merged for event in ordered)
    return Conversation(
        repository=ordered[-1].repository,
        number=ordered[-1].number,
        references=[event.reference for event in read],
        items=_items(ordered),
        facts=facts,
        author=(facts.author if facts else None) or (opening.user if opening else GHOST),
        opened=(facts.opened if facts else None) or (opening.at if opening else None),
        closed=closing.at if closing else facts.closed if facts else None,
        closed_by=closing.user if closing else facts.closed_by if facts else None,
        is_merged=is_merged,
        first_event=min(event.at for event in read),
        is_self_described=any(event.facts for event in read),
        is_trimmed=any(event.event_id and event.facts is None for event in read),
        refusal=next((event.action for event in ordered if event.action in (DELETED, FORBIDDEN)), None),
        commits=next((event.commits for event in reversed(ordered) if event.commits), None),
        diffs=_diffs(ordered),
    )


def _facts(ordered: list[ConversationEvent]) -> Facts | None:
    """The last facts told, with what only earlier ones had: a comment's issue object lacks the licence."""
    facts = None
    for told in (event.facts for event in ordered if event.facts):
        if facts is not None:
            unknown = [part.name for part in fields(Facts) if getattr(told, part.name) is None]
            lost = ("closed", "closed_by") if told.closed is None else ()  # it may have been reopened
            told = replace(told, **{name: getattr(facts, name) for name in unknown if name not in lost})
        facts = told
    return facts


def _unique(events: list[ConversationEvent]) -> list[ConversationEvent]:
    """`events` without repetitions: archives repeat an event at the turn of the hour."""
    seen = {event.event_id or event.reference: event for event in reversed(events)}
    return list(seen.values())


def _items(ordered: list[ConversationEvent]) -> list[ConversationEvent]:
    """Each comment and review once, at its first place, as its last event left it; deleted ones are out."""
    items: dict[tuple[str, str], ConversationEvent] = {}
    for event in ordered:
        if event.kind in ("status", "file_diff"):
            continue
        key = (event.kind, event.item_id or event.reference)
        if event.action == "deleted":
            items.pop(key, None)
        else:
            items[key] = event
    return list(items.values())


def _diffs(ordered: list[ConversationEvent]) -> list[FileDiff]:
    """The changed files, each as it was told last, by path."""
    patches = {event.path: event.hunk for event in ordered if event.kind == "file_diff"}
    return [FileDiff(path, hunks_of(patch)) for path, patch in sorted(patches.items()) if patch]


def _closing(ordered: list[ConversationEvent]) -> ConversationEvent | None:
    """The event that closed the pull request for good: the last one, unless it was reopened after it."""
    changes = [event for event in ordered if _is_status(event, "closed", "merged", "reopened")]
    return changes[-1] if changes and changes[-1].action != "reopened" else None


def _is_status(event: ConversationEvent, *actions: str) -> bool:
    return event.kind == "status" and event.action in actions

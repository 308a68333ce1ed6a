"""Which conversations become documents: the drop rules, each with its reason.

The rules and their constants are those of StarCoder 2's pull requests. The first failing rule of `RULES`
names the reason; the licence is not judged here, since events rarely carry it.
"""

import hashlib
import re
from collections.abc import Callable

from pipelines.readers.github.conversation import Conversation, is_bot
from pipelines.readers.github.events import Facts
from pipelines.readers.github.pull_request_options import PullRequestOptions

KEEP_INTERCEPT = 0.8007
KEEP_SLOPE = 0.0007
KEEP_LINEAR_UP_TO = 1_000  # pull requests of one repository
_WORD = re.compile(r"\w+")

Rule = Callable[[Conversation, Facts, PullRequestOptions], bool]


def _opened_by_bot(conversation: Conversation, _facts: Facts, _options: PullRequestOptions) -> bool:
    return is_bot(conversation.author)


def _empty_description(_conversation: Conversation, facts: Facts, _options: PullRequestOptions) -> bool:
    return not facts.description


def _no_human_comment_or_review(conversation: Conversation, _facts: Facts, _options: PullRequestOptions) -> bool:
    return not conversation.human_items


def _neither_approved_nor_merged(conversation: Conversation, _facts: Facts, options: PullRequestOptions) -> bool:
    settled = conversation.is_approved or conversation.is_merged
    return options.require_approved_or_merged and not settled


def _no_diff(conversation: Conversation, _facts: Facts, options: PullRequestOptions) -> bool:
    has_diff = conversation.diffs or any(item.hunk for item in conversation.human_items)
    return options.require_diff and not has_diff


def _short_title(_conversation: Conversation, facts: Facts, options: PullRequestOptions) -> bool:
    return len(facts.title) < options.min_title_chars


def _dependency_or_release_title(_conversation: Conversation, facts: Facts, options: PullRequestOptions) -> bool:
    return not set(_WORD.findall(facts.title.lower())).isdisjoint(options.title_words)


def _short_description(_conversation: Conversation, facts: Facts, options: PullRequestOptions) -> bool:
    return len(facts.description) < options.min_description_chars


RULES: tuple[tuple[str, Rule], ...] = (
    ("opened_by_bot", _opened_by_bot),
    ("empty_description", _empty_description),
    ("no_human_comment_or_review", _no_human_comment_or_review),
    ("neither_approved_nor_merged", _neither_approved_nor_merged),
    ("no_diff", _no_diff),
    ("short_title", _short_title),
    ("dependency_or_release_title", _dependency_or_release_title),
    ("short_description", _short_description),
)

OF_FACTS = frozenset(
    {"opened_by_bot", "empty_description", "short_title", "dependency_or_release_title", "short_description"}
)


def failing_reason(conversation: Conversation, facts: Facts, options: PullRequestOptions) -> str | None:
    """The reason to drop `conversation`, whose pull request is told by `facts`; None: keep it."""
    return next((reason for reason, fails in RULES if fails(conversation, facts, options)), None)


def reason_in_facts(conversation: Conversation, facts: Facts, options: PullRequestOptions) -> str | None:
    """The reason to drop `conversation` that holds whatever else is said in it, of those that its facts tell."""
    reasons = (reason for reason, fails in RULES if reason in OF_FACTS and fails(conversation, facts, options))
    return next(reasons, None)


def failing_length(text: str, options: PullRequestOptions) -> str | None:
    """The reason to drop a document of `text` for its length in characters; None: keep it."""
    if len(text) < options.min_document_chars:
        return "too_short"
    return "too_long" if len(text) > options.max_document_chars else None


def keep_probability(pull_requests: int, max_per_repository: int) -> float:
    """The probability that one of a repository's `pull_requests` (>= 1) is kept."""
    if pull_requests <= KEEP_LINEAR_UP_TO:
        return KEEP_INTERCEPT - KEEP_SLOPE * pull_requests
    return max_per_repository / pull_requests


def is_sampled(repository: str, number: int, probability: float) -> bool:
    """Whether the pull request is kept at `probability`: by its hash, so less keeps a subset of more."""
    key = f"{repository.lower()}#{number}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") < probability * 2**64

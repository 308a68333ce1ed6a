"""What a pull request's commits say of it: a title and a description."""

import re
from typing import NamedTuple

from pipelines.readers.git.commit_rules import is_automatic, is_bot, message_of, subject_of
from pipelines.readers.git.objects import Commit

_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]{0,40}-by: .*|(?:Change-Id|git-svn-id|Cc): .*", re.IGNORECASE)


class PullRequestText(NamedTuple):
    """The title, the description (may be empty) and the author's name."""

    title: str
    description: str
    author: str


class NoText(Exception):
    """A pull request that is not worth reading by its commits; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def text_of_commits(commits: list[Commit]) -> PullRequestText:
    """The text of the branch `commits`, oldest first, merges among them; NoText says why there is none.

    The first commit's subject is the title. A single commit's body is the description, without trailers that name
    people; of several, the others' subjects are.
    """
    said = [commit for commit in commits if len(commit.parents) < 2]
    if not said:
        raise NoText("merge_commit")
    first = said[0]
    if is_bot(first):
        raise NoText("bot_author")
    messages = [message_of(commit) for commit in said]
    if messages[0] is None:
        raise NoText("message_not_decodable")
    title = subject_of(messages[0])
    if is_automatic(title):
        raise NoText("automatic_message")
    if not title:
        raise NoText("message_length")
    if len(said) > 1:
        subjects = [subject_of(message) for message in messages[1:] if message]
        return PullRequestText(title, "\n".join(f"- {subject}" for subject in subjects if subject), first.author_name)
    body = messages[0].partition("\n\n")[2]
    lines = [line for line in body.split("\n") if not _TRAILER.fullmatch(line.strip())]
    return PullRequestText(title, "\n".join(lines).strip(), first.author_name)

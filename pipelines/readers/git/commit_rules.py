"""Which commits are worth reading: by author and message, with no look at their files.

The kinds of automatic messages follow StarCoder's commit filters (arXiv 2305.06161), the lengths
CommitPack's (arXiv 2308.07124).
"""

import codecs
import re

from pipelines.readers.git.objects import Commit

_MAX_SUBJECT_CHARS = 1_000
_ENCODINGS = (
    *("utf-8", "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-9", "iso-8859-15"),
    *("cp1250", "cp1251", "cp1252", "koi8-r", "koi8-u"),
    *("euc-jp", "shift_jis", "euc-kr", "gb2312", "gbk", "gb18030", "big5"),
)
_SAFE_ENCODINGS = frozenset(codecs.lookup(name).name for name in _ENCODINGS)
_BOT_NAMES = frozenset(
    {
        *("bot", "dependabot", "renovate", "greenkeeper", "github-actions", "codecov", "snyk", "mergify"),
        *("weblate", "imgbot", "allcontributors", "pre-commit-ci", "buildbot", "bors"),
    }
)
# "Jan Bot" is a person: the bare word counts only behind what bots do.
_BOT_NAME = re.compile(r"\[bot\]|[-_]bot$|^bot[-_]|\b(?:ci|build|release|merge|update) bot$")
_AUTOMATIC_SUBJECT = re.compile(
    r"auto[- ]?commit|automatic (?:commit|update)|automated? (?:commit|update)|update contributing"
    r"|merge (?:branch|pull request|remote-tracking|tag|commit|master|main)\b"
    r"|bump \S+ from \S+ to \S+|(?:build|chore)\(deps[^)]{0,40}\)!?:|\[bot\]"
    r"|(?:bump |release |prepare |tag )*(?:version |release )?(?:to |for )?v?\d+(?:\.\d+)+[-.+\w]{0,20}\.?$"
)


def message_of(commit: Commit) -> str | None:
    """The commit's message as text, stripped; None: it cannot be decoded."""
    for encoding in ("utf-8", commit.encoding):
        try:
            if codecs.lookup(encoding).name in _SAFE_ENCODINGS:
                return commit.message.decode(encoding).strip()
        except (LookupError, ValueError):
            continue
    return None


def subject_of(message: str) -> str:
    """The message's first paragraph on one line, as git shows it."""
    paragraph = message[:_MAX_SUBJECT_CHARS].split("\n\n", 1)[0]
    return " ".join(paragraph.split())


def is_bot(commit: Commit) -> bool:
    """Whether the author's name or address is one that automation uses."""
    name = commit.author_name.lower()
    return name in _BOT_NAMES or _BOT_NAME.search(name) is not None or "[bot]@" in commit.author_email.lower()


def is_automatic(subject: str) -> bool:
    """Whether `subject` was written by a tool, or says no more than a version."""
    return _AUTOMATIC_SUBJECT.match(subject.lower()) is not None

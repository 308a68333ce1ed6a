"""A question and its answers as a document (StarCoder 2, Lozhkov et al. 2024): text without special tokens.

title

question

answer
Upvotes: 3 [selected answer]

answer
Upvotes: 1
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mixer.formats.texts import one_line, scalar_text, with_line_feeds
from mixer.segments import Rendered, TextWithMarks

MARKS: tuple[str, ...] = ()

MIN_ANSWERS = 3  # StarCoder 2
MAX_TITLE_CHARS = 500  # as for pull requests; the sites allow 150


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as plain text or Markdown, its votes (up less down), and whether the asker selected it."""

    body: str
    upvotes: int
    is_selected: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question as plain text or Markdown, and its answers in the order to show them."""

    title: str
    body: str
    answers: Sequence[Answer]


def render_question(question: Question) -> Rendered:
    """The text of `question` with its answers, and its marks: none. Empty answers are left out."""
    parts = [f"{one_line(question.title, MAX_TITLE_CHARS)}\n\n{_clean(question.body)}".strip()]
    for answer in _filled(question):
        selected = " [selected answer]" if answer.is_selected else ""
        parts.append(f"{_clean(answer.body)}\nUpvotes: {answer.upvotes}{selected}")
    return TextWithMarks().text("\n\n".join(parts)).build()


def refusal_of(question: Question) -> str | None:
    """The reason to make no document of `question`; None: keep it."""
    if not _clean(question.body):
        return "empty_question"
    return "too_few_answers" if len(_filled(question)) < MIN_ANSWERS else None


def _filled(question: Question) -> list[Answer]:
    return [answer for answer in question.answers if _clean(answer.body)]


def _clean(text: str) -> str:
    return with_line_feeds(scalar_text(text)).strip()

"""A question's posts as records: the document, and what became of every answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import Field

from mixer.formats.stack_exchange import MIN_ANSWERS, Answer, Question, render_question
from pipelines.document import Absorbed, Document, Quarantined, Record, Rejected
from pipelines.readers.stack_exchange.html_text import text_of_html
from pipelines.readers.stack_exchange.licenses import license_of_post, license_of_posts
from pipelines.readers.stack_exchange.rows import RowError, attributes_at, text_of
from pipelines.readers.stack_exchange.shares import Row
from pipelines.source import SourceOptions

FORMAT = "stack_exchange"
QUESTION, ANSWER = "1", "2"  # PostTypeId; the others are descriptions of tags, nominations and the like
_MAX_TAGS_CHARS = 500


class StackExchangeOptions(SourceOptions):
    """What a recipe may set for a StackExchange dump."""

    site: str | None = Field(
        None, pattern=r"^[A-Za-z0-9.-]+$", description="The site's host name; else told by folder or file."
    )
    min_answers: int = Field(MIN_ANSWERS, ge=0, description="Questions with fewer answers are rejected.")
    min_question_score: int | None = Field(None, description="Questions with fewer votes are rejected.")
    min_answer_score: int | None = Field(None, description="Answers with fewer votes are rejected.")
    require_accepted_answer: bool = Field(False, description="Reject questions whose asker accepted no answer.")
    max_row_bytes: int = Field(4 << 20, gt=0, description="Longer rows are quarantined unread.")


@dataclass(frozen=True, slots=True)
class Post:
    """A row that could be read; `body` is still HTML."""

    reference: str
    id: str
    kind: str
    title: str
    body: str
    tags: str
    score: int
    accepted_answer: str
    date: datetime | None
    license: str | None


def records_of_thread(rows: list[Row], where: str, site: str | None, options: StackExchangeOptions) -> Iterator[Record]:
    """One record for each row of one question, as they stood in the file at `where`."""
    question: Post | None = None
    answers: list[Post] = []
    seen: set[str] = set()
    for row in rows:
        try:
            post = _post(row, f"{where}@{row.offset}")
        except RowError as error:
            yield Quarantined(f"{where}@{row.offset}", error.reason, error.detail)
            continue
        if post.kind not in (QUESTION, ANSWER):
            yield Rejected(post.reference, "not_question_or_answer")
        elif post.id in seen:
            yield Quarantined(post.reference, "duplicate_id", f"post {post.id} stood above")
        elif post.kind == QUESTION:
            question = post
        else:
            answers.append(post)
        seen.add(post.id)
    yield from _outcomes(question, answers, where, site, options)


def _outcomes(
    question: Post | None, answers: list[Post], where: str, site: str | None, options: StackExchangeOptions
) -> Iterator[Record]:
    if question is None:
        yield from (Rejected(answer.reference, "question_missing") for answer in answers)
        return
    shown: list[tuple[Post, Answer]] = []
    if len(answers) < options.min_answers:  # most questions, told without reading their HTML
        yield from (Rejected(post.reference, "too_few_answers") for post in (question, *answers))
        return
    for answer in answers:
        body = text_of_html(answer.body)
        if not body.strip():
            yield Rejected(answer.reference, "empty_answer")
        elif options.min_answer_score is not None and answer.score < options.min_answer_score:
            yield Rejected(answer.reference, "low_score")
        else:
            shown.append((answer, Answer(body, answer.score, answer.id == question.accepted_answer)))
    shown.sort(key=lambda pair: (-pair[0].score, int(pair[0].id)))
    body = text_of_html(question.body)
    refusal = _refusal(question, body, [answer for _, answer in shown], options)
    if refusal is not None:
        yield from (Rejected(post.reference, refusal) for post in (question, *(post for post, _ in shown)))
        return
    yield _document(question, body, shown, where, site)
    yield from (Absorbed(post.reference) for post, _ in shown)


def _refusal(question: Post, body: str, answers: list[Answer], options: StackExchangeOptions) -> str | None:
    if not body.strip():
        return "empty_question"
    if options.min_question_score is not None and question.score < options.min_question_score:
        return "low_score"
    if len(answers) < options.min_answers:
        return "too_few_answers"
    if options.require_accepted_answer and not any(answer.is_selected for answer in answers):
        return "no_accepted_answer"
    return None


def _document(question: Post, body: str, shown: list[tuple[Post, Answer]], where: str, site: str | None) -> Document:
    text, marks = render_question(Question(question.title, body, [answer for _, answer in shown]))
    return Document(
        text=text,
        format=FORMAT,
        marks=marks,
        url=f"https://{site}/questions/{question.id}" if site else None,
        path=f"{where}#{question.id}",
        license=license_of_posts([question.license, *(post.license for post, _ in shown)]),
        date=question.date,
        metadata={"score": question.score, "answers": len(shown), "tags": _tags(question.tags)},
    )


def _tags(tags: str) -> list[str]:
    """`<a><b>` of older dumps and `|a|b|` of newer ones as a list."""
    return tags[:_MAX_TAGS_CHARS].replace("<", " ").replace(">", " ").replace("|", " ").split()


def _post(row: Row, reference: str) -> Post:
    """The post of a row; RowError where a value is no text, or there is no number for its id."""
    found = attributes_at(row.data)
    text = {name: text_of(found.get(name, b"")) for name in ("Title", "Body", "Tags", "CreationDate", "ContentLicense")}
    number = {
        name: found.get(name, b"").decode("ascii", "replace") for name in ("Id", "PostTypeId", "AcceptedAnswerId")
    }
    if not (number["Id"].isascii() and number["Id"].isdigit() and len(number["Id"]) <= 18):
        raise RowError("malformed_row", "it has no id")
    date = _date(text["CreationDate"])
    return Post(
        reference=reference,
        id=number["Id"],
        kind=number["PostTypeId"],
        title=text["Title"],
        body=text["Body"],
        tags=text["Tags"],
        score=_score(found.get("Score", b"0")),
        accepted_answer=number["AcceptedAnswerId"],
        date=date,
        license=license_of_post(text["ContentLicense"], date),
    )


def _score(value: bytes) -> int:
    digits = value.removeprefix(b"-")
    return int(value) if digits.isdigit() and len(digits) <= 9 else 0


def _date(value: str) -> datetime | None:
    """The time of a post, which dumps give in UTC; None where it is none."""
    try:
        date = datetime.fromisoformat(value)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

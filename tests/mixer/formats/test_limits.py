"""What is cut, what is refused, and that hostile input stays cheap."""

import time

import pytest

from mixer.formats import issue, stack_exchange
from mixer.formats.issue import Issue, IssueComment, render_issue
from mixer.formats.notebook import Cell, Notebook, render_notebook
from mixer.formats.pull_request import (
    Comment,
    FileDiff,
    PullRequest,
    PullRequestLimits,
    ReviewComment,
    render_pull_request,
)
from mixer.formats.stack_exchange import Answer, Question
from tests.mixer.formats.readable import parts

LINES = [f"line {number}" for number in range(100)]
CUT = [*LINES[:60], "[Truncated]", *LINES[80:]]


def pull(**parts_of_it: object) -> PullRequest:
    return PullRequest(**{"repository": "a/b", "title": "t", "author": "ann", "description": "d", **parts_of_it})  # type: ignore[arg-type]


def test_a_pull_requests_title_and_texts_are_cut() -> None:
    comment = Comment("ben", "x" * 1_001, "1")
    read = parts(render_pull_request(pull(title="é" * 501, description="\r\n".join(LINES), events=[comment])))
    assert read[0][1] == "\n".join([f"Title: {'é' * 500}", f"username_0: {CUT[0]}", *CUT[1:]])
    assert read[3] == ("<pr_comment>", f"username_1: {'x' * 1_000}")


def test_long_hunks_are_left_out_and_a_diff_without_any_too() -> None:
    long, short = "+" * 10_001, "+" * 10_000
    comment = ReviewComment("ben", "Look", "1", "a.py", hunk=long)
    changed = [FileDiff("a.py", [long, short]), FileDiff("b.py", [long])]
    read = parts(render_pull_request(pull(diffs=changed, events=[comment])))
    assert [piece for token, piece in read if token == "<pr_diff_hunk>"] == [short]
    assert ("<pr_file>", "b.py") not in read
    limits = PullRequestLimits(max_hunk_chars=20_000)
    read = parts(render_pull_request(pull(diffs=changed, events=[comment]), limits))
    assert [piece for token, piece in read if token == "<pr_diff_hunk>"] == [long, short, long, long]


def test_texts_that_were_made_readable_before_are_not_cut_again() -> None:
    text = "<!-- shown -->" + "x" * 2_000
    read = parts(render_pull_request(pull(description=text), PullRequestLimits(texts=None)))
    assert read[0][1] == f"Title: t\nusername_0: {text}"


def test_an_issues_long_comments_lose_their_middle_but_no_characters() -> None:
    said = IssueComment("ben", "\n".join(LINES))
    read = parts(render_issue(Issue("t", "ann", "y" * 5_000, [said])))
    assert read[0][1] == f"Title: t\nusername_0: {'y' * 5_000}"
    assert read[1][1] == "username_1: " + "\n".join(CUT)


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (Issue("t", "ann", "x" * 200), None),
        (Issue("t" * 300, "ann", "x" * 199), "too_short"),
        (Issue("t", "ann", "x" * 100, [IssueComment("ben", "y" * 100)]), None),
        (Issue("t", "ann", "x" * 100, [IssueComment("ben", "y" * 100, is_bot=True)]), "too_short"),
        (Issue("t", "renovate", "x" * 200, is_opened_by_bot=True), "opened_by_bot"),
        (Issue("t", "ann", "x" * 7_000), None),
        (Issue("t", "ann", "x" * 7_001), "one_user_too_long"),
        (Issue("t", "ann", "x" * 7_000, [IssueComment("Ann", "y")]), "one_user_too_long"),
        (Issue("t", "ann", "x" * 7_000, [IssueComment("ben", "y")]), None),
        (Issue("t", "ann", "x" * 200, [IssueComment("ann", "y")] * 9), None),
        (Issue("t", "ann", "x" * 200, [IssueComment("ann", "y")] * 9, is_closed=True), "one_user_too_many_events"),
    ],
)
def test_which_issues_are_refused(read: Issue, reason: str | None) -> None:
    assert issue.refusal_of(read) == reason


@pytest.mark.parametrize(("answers", "reason"), [(2, "too_few_answers"), (3, None)])
def test_a_question_needs_three_answers(answers: int, reason: str | None) -> None:
    assert stack_exchange.refusal_of(Question("t", "b", [Answer("a", 1)] * answers)) == reason


def test_a_notebooks_output_is_cut() -> None:
    cells = [Cell("text", "t"), Cell("code", "c", ["é" * 1_001])]
    assert parts(render_notebook(Notebook(cells), "structured"))[-1] == ("<jupyter_output>", "é" * 1_000)


def test_hostile_texts_take_linear_time() -> None:
    start = time.perf_counter()
    for unit in ("<!--", "@", "@a", "On \n", "On a wrote:\n", "\r", "%%\n", "!"):
        text = unit * 50_000
        render_pull_request(pull(title=text, description=text, events=[Comment("a", text, "1")]))
        render_issue(Issue(text, "a", text, [IssueComment("a", text)]))
        for form in ("structured", "script"):
            render_notebook(Notebook([Cell("text", text), Cell("code", text, [text])]), form)
    events = [Comment(f"user{number}", "What @user7 said is right.", "1") for number in range(20_000)]
    render_pull_request(pull(events=events))
    assert time.perf_counter() - start < 20  # a quadratic scan takes hours

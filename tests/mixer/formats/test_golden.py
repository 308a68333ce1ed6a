"""Golden cases: the structure in, readable text out."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mixer.formats import issue, notebook, stack_exchange
from mixer.formats.commit import Commit, render_commit
from mixer.formats.file import File, render_file
from mixer.formats.issue import Issue, IssueComment, render_issue
from mixer.formats.notebook import Cell, Notebook, render_notebook
from mixer.formats.pull_request import (
    BaseFile,
    Closing,
    Comment,
    Event,
    FileDiff,
    PullRequest,
    Review,
    ReviewComment,
    render_pull_request,
)
from mixer.formats.repository import Repository, RepositoryFile, render_repository
from mixer.formats.stack_exchange import Answer, Question, render_question
from tests.mixer.formats.readable import shown

Case = dict[str, Any]
GOLDEN = Path(__file__).parent / "golden"
EVENTS: dict[str, type[Event]] = {
    "comment": Comment,
    "review": Review,
    "review_comment": ReviewComment,
    "closing": Closing,
}


def cases(format_name: str) -> Any:
    read: list[Case] = yaml.safe_load((GOLDEN / f"{format_name}.yaml").read_text("utf-8"))
    return pytest.mark.parametrize("case", read, ids=lambda case: str(case["name"]))


def test_every_format_has_golden_cases() -> None:
    formats = {path.stem for path in Path(issue.__file__).parent.glob("*.py") if "\ndef render_" in path.read_text()}
    assert formats == {path.stem for path in GOLDEN.glob("*.yaml")}


@cases("repository")
def test_repository(case: Case) -> None:
    files = [RepositoryFile(**file) for file in case["files"]]
    rendered = render_repository(Repository(case["repository"], files), 0, case["metadata_share"])
    assert shown(rendered) == case["expected"]


@cases("file")
def test_file(case: Case) -> None:
    assert shown(render_file(File(**case["file"]), 0, case["metadata_share"])) == case["expected"]


@cases("commit")
def test_commit(case: Case) -> None:
    assert shown(render_commit(Commit(**case["commit"]))) == case["expected"]


@cases("pull_request")
def test_pull_request(case: Case) -> None:
    pull = PullRequest(
        **case["pull"],
        base_files=[BaseFile(**file) for file in case.get("base_files", [])],
        diffs=[FileDiff(**diff) for diff in case.get("diffs", [])],
        events=[EVENTS[event.pop("kind")](**event) for event in case.get("events", [])],
    )
    assert shown(render_pull_request(pull)) == case["expected"]


@cases("issue")
def test_issue(case: Case) -> None:
    read = Issue(**case["issue"], comments=[IssueComment(**comment) for comment in case.get("comments", [])])
    assert shown(render_issue(read)) == case["expected"]
    assert issue.refusal_of(read) == case.get("refusal")


@cases("notebook")
def test_notebook(case: Case) -> None:
    read = Notebook([Cell(*cell) for cell in case["cells"]], case.get("comment_sign", "#"))
    assert shown(render_notebook(read, "structured")) == case["structured"]
    assert shown(render_notebook(read, "script")) == case["script"]
    assert notebook.refusal_of(read, "structured") == case.get("structured_refusal")
    assert notebook.refusal_of(read, "script") == case.get("script_refusal")


@cases("stack_exchange")
def test_stack_exchange(case: Case) -> None:
    read = Question(**case["question"], answers=[Answer(*answer) for answer in case["answers"]])
    assert shown(render_question(read)) == case["expected"]
    assert stack_exchange.refusal_of(read) == case.get("refusal")

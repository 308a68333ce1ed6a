"""Random structures of every format, made of texts that try to be special tokens."""

from hypothesis import strategies as st

from mixer.formats.commit import Commit, render_commit
from mixer.formats.file import File, render_file
from mixer.formats.issue import Issue, IssueComment, render_issue
from mixer.formats.notebook import Cell, Notebook, render_notebook
from mixer.formats.pull_request import (
    BaseFile,
    Closing,
    Comment,
    FileDiff,
    PullRequest,
    Review,
    ReviewComment,
    render_pull_request,
)
from mixer.formats.repository import Repository, RepositoryFile, render_repository
from mixer.formats.stack_exchange import Answer, Question, render_question
from mixer.segments import Rendered
from mixer.tokens import END_OF_TEXT, SENTINELS

Structure = Repository | File | Commit | PullRequest | Issue | Notebook | Question

PIECES = (
    *SENTINELS,
    END_OF_TEXT,
    "<|fim_prefix|>",
    "⟦pr⟧",
    "a",
    "é",
    "😀",
    "\n",
    "\r",
    " ",
    "@a",
    "On a wrote:",
    "> ",
    "%",
)
texts = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=8)
ids = st.sampled_from(["", "7", "<pr>"])

files = st.lists(st.builds(RepositoryFile, texts, texts), max_size=4)
repositories = st.builds(Repository, texts, files)
commits = st.builds(Commit, texts, texts, texts)
events = st.lists(
    st.builds(Comment, texts, texts, ids)
    | st.builds(Review, texts, texts, ids, texts)
    | st.builds(ReviewComment, texts, texts, ids, texts, st.none() | st.integers(1, 99), texts, ids, ids)
    | st.builds(Closing, texts, st.booleans()),
    max_size=6,
)
base_files = st.lists(st.builds(BaseFile, texts, texts), max_size=3)
diffs = st.lists(st.builds(FileDiff, texts, st.lists(texts, max_size=3)), max_size=3)
pull_requests = st.builds(PullRequest, texts, texts, texts, texts, base_files, diffs, events)
comments = st.lists(st.builds(IssueComment, texts, texts, st.booleans()), max_size=4)
issues = st.builds(Issue, texts, texts, texts, comments, st.booleans(), st.booleans())
cells = st.lists(st.builds(Cell, st.sampled_from(["text", "code"]), texts, st.lists(texts, max_size=2)), max_size=6)
notebooks = st.builds(Notebook, cells, st.sampled_from(["#", "//"]))
answers = st.lists(st.builds(Answer, texts, st.integers(-9, 999), st.booleans()), max_size=4)
questions = st.builds(Question, texts, texts, answers)

structures: st.SearchStrategy[Structure] = (
    repositories | st.builds(File, texts, texts, texts) | commits | pull_requests | issues | notebooks | questions
)


def renderings(structure: Structure) -> list[Rendered]:
    """Every document that the structure can become."""
    match structure:
        case Repository():
            return [render_repository(structure, 0, share) for share in (0.0, 1.0)]
        case File():
            return [render_file(structure, 0, share) for share in (0.0, 1.0)]
        case Commit():
            return [render_commit(structure)]
        case PullRequest():
            return [render_pull_request(structure)]
        case Issue():
            return [render_issue(structure)]
        case Notebook():
            return [render_notebook(structure, "structured"), render_notebook(structure, "script")]
        case Question():
            return [render_question(structure)]

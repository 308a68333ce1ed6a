"""A notebook as a document, in one of two forms (StarCoder, Li et al. 2023; StarCoder 2, Lozhkov et al. 2024).

Structured, pairs of text and code:

    <jupyter_start><jupyter_text>text<jupyter_code>code<jupyter_output>output<jupyter_text>...
    ...<jupyter_code>code<jupyter_output><empty_output>

Script, everything in order, what is not code as comments:

    <jupyter_script># text\\n\\ncode\\n
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

from mixer.formats.texts import scalar_text, with_line_feeds
from mixer.segments import Rendered, TextWithMarks

JUPYTER_START = "<jupyter_start>"
JUPYTER_TEXT = "<jupyter_text>"
JUPYTER_CODE = "<jupyter_code>"
JUPYTER_OUTPUT = "<jupyter_output>"
EMPTY_OUTPUT = "<empty_output>"
JUPYTER_SCRIPT = "<jupyter_script>"
MARKS = (JUPYTER_START, JUPYTER_TEXT, JUPYTER_CODE, JUPYTER_OUTPUT, EMPTY_OUTPUT, JUPYTER_SCRIPT)

MAX_OUTPUT_CHARS = 1_000  # StarCoder 2

Kind = Literal["text", "code"]
Form = Literal["structured", "script"]
_MAGIC = re.compile(r"([ \t]*)(?:%[A-Za-z%]|!(?!=))")  # IPython's commands at the start of a line: not the language's


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, text (Markdown or raw) or code, and a code cell's outputs as text, in order."""

    kind: Kind
    text: str
    outputs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook's cells and what starts a comment in its language."""

    cells: Sequence[Cell]
    comment_sign: str = "#"


class _Run(NamedTuple):
    """Consecutive cells of one kind as one."""

    kind: Kind
    text: str
    output: str  # empty: none


def render_notebook(notebook: Notebook, form: Form) -> Rendered:
    """The text of `notebook` in `form` and its marks."""
    return _structured(notebook) if form == "structured" else _script(notebook)


def refusal_of(notebook: Notebook, form: Form) -> str | None:
    """The reason to make no document of `notebook` in `form`; None: keep it."""
    runs = list(_runs(notebook.cells))
    if not any(run.kind == "code" for run in runs):
        return "no_code"
    if form == "structured" and not _pairs(runs):
        return "no_text_before_code"
    return None


def _structured(notebook: Notebook) -> Rendered:
    document = TextWithMarks().mark(JUPYTER_START)
    for run in _pairs(list(_runs(notebook.cells))):
        if run.kind == "text":
            document.mark(JUPYTER_TEXT).text(run.text)
            continue
        document.mark(JUPYTER_CODE).text(run.text).mark(JUPYTER_OUTPUT)
        if run.output:
            document.text(run.output)
        else:
            document.mark(EMPTY_OUTPUT)
    return document.build()


def _pairs(runs: list[_Run]) -> list[_Run]:
    """`runs`, which alternate, without leading code and trailing text: each code has a text that leads to it."""
    start = 1 if runs and runs[0].kind == "code" else 0
    stop = len(runs) - 1 if runs and runs[-1].kind == "text" else len(runs)
    return runs[start:stop]


def _runs(cells: Sequence[Cell]) -> Iterator[_Run]:
    """Consecutive cells of a kind as one, blank ones left out; of several outputs the last is kept."""
    filled = [(cell, text) for cell in cells if (text := _clean(cell.text)).strip()]
    for kind, group in groupby(filled, key=lambda pair: pair[0].kind):
        members = list(group)
        outputs = [output for cell, _ in members for output in map(_clean, cell.outputs) if output.strip()]
        text = ("\n\n" if kind == "text" else "\n").join(text for _, text in members)
        yield _Run(kind, text, outputs[-1][:MAX_OUTPUT_CHARS] if outputs else "")


def _clean(text: str) -> str:
    return with_line_feeds(scalar_text(text)).strip("\n")


def _script(notebook: Notebook) -> Rendered:
    blocks = []
    for cell in notebook.cells:
        lines = _clean(cell.text).split("\n")
        if not any(line.strip() for line in lines):
            continue
        if cell.kind == "text" or lines[0].startswith("%%"):  # `%%` begins a cell in another language
            shown = [f"{notebook.comment_sign} {line}".rstrip() for line in lines]
        else:
            shown = [_without_magic(line, notebook.comment_sign) for line in lines]
        blocks.append("\n".join(shown) + "\n")
    return TextWithMarks().mark(JUPYTER_SCRIPT).text("\n".join(blocks)).build()


def _without_magic(line: str, comment_sign: str) -> str:
    """`line`; IPython's commands as comments, where they stand."""
    magic = _MAGIC.match(line)
    return f"{magic[1]}{comment_sign} {line[magic.end(1) :]}" if magic else line

"""The JSON of a notebook to its cells and language: nbformat 2, 3 and 4.

https://nbformat.readthedocs.io/en/latest/format_description.html; versions 2 and 3 have their cells in worksheets, a
cell's code in `input` and headings as cells.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mixer.formats.notebook import Cell, Notebook
from pipelines.readers.notebooks.kernels import comment_sign, language_of_notebook
from pipelines.readers.notebooks.outputs import text_of, texts_of_outputs, without_inline_images

VERSIONS = (2, 3, 4)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MAX_DETAIL_CHARS = 200


class NotebookError(Exception):
    """Bytes that are no notebook; `reason` is bad_json, not_utf8, not_a_notebook or nbformat_unknown."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail[:_MAX_DETAIL_CHARS]


class ReadNotebook(NamedTuple):
    """A notebook as the format takes it, its language by github-linguist's name, and the version of nbformat."""

    notebook: Notebook
    language: str | None
    nbformat: int


def notebook_of(data: bytes) -> ReadNotebook:
    """The notebook that `data` holds; NotebookError where it holds none."""
    value = _parsed(data)
    nbformat = value.get("nbformat")
    if not isinstance(nbformat, int) or nbformat not in VERSIONS:
        raise NotebookError("nbformat_unknown", f"nbformat is {str(nbformat)[:20]}, not one of {VERSIONS}")
    raw_cells = list(_raw_cells(value, nbformat))
    languages = [name for cell in raw_cells if isinstance(name := cell.get("language"), str)]
    language = language_of_notebook(value, languages, nbformat)
    cells = [made for cell in raw_cells if (made := _cell(cell)) is not None]
    return ReadNotebook(Notebook(cells, comment_sign(language)), language, nbformat)


def _parsed(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data.removeprefix(BYTE_ORDER_MARK).decode())
    except UnicodeDecodeError as error:
        raise NotebookError("not_utf8", str(error)) from error
    except (ValueError, RecursionError) as error:
        raise NotebookError("bad_json", str(error)) from error
    if not isinstance(value, dict):
        raise NotebookError("not_a_notebook", f"a JSON {type(value).__name__}")
    return value


def _raw_cells(value: Mapping[str, Any], nbformat: int) -> Iterator[Mapping[str, Any]]:
    if nbformat >= 4:
        lists = [value.get("cells")]
    else:
        worksheets = value.get("worksheets")
        sheets = worksheets if isinstance(worksheets, list) else []
        lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    if not any(isinstance(cells, list) for cells in lists):
        raise NotebookError("not_a_notebook", "it has no list of cells")
    for cells in lists:
        yield from (cell for cell in (cells if isinstance(cells, list) else []) if isinstance(cell, dict))


def _cell(cell: Mapping[str, Any]) -> Cell | None:
    """The cell; None for one of a type that is neither text nor code."""
    match cell.get("cell_type"):
        case "code":
            source = text_of(cell.get("source", cell.get("input")))
            return Cell("code", source, tuple(texts_of_outputs(cell.get("outputs"))))
        case "markdown" | "raw" | "text" | "rst":
            return Cell("text", without_inline_images(text_of(cell.get("source"))))
        case "heading":
            level = cell.get("level")
            marks = "#" * min(max(level if isinstance(level, int) else 1, 1), 6)
            return Cell("text", f"{marks} {text_of(cell.get('source'))}")
    return None

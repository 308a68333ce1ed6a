"""A notebook's bytes as a record: a document in one of the two forms, or why it is none."""

from collections.abc import Callable

from pydantic import Field

from mixer.formats.notebook import Form, refusal_of, render_notebook
from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.notebooks.cells import NotebookError, notebook_of
from pipelines.source import SourceOptions

SUFFIX = ".ipynb"
FORMAT = "notebook"
_CHECKPOINTS = ".ipynb_checkpoints"  # Jupyter's own copies of notebooks

Make = Callable[..., Document]  # Document, with the provenance already given


class NotebookOptions(SourceOptions):
    """What a recipe may set for notebooks, wherever they lie."""

    form: Form = Field("structured", description="`structured`: text, code, output; `script`: text as comments.")
    max_file_bytes: int = Field(16 << 20, gt=0, description="Larger files are rejected.")


def is_checkpoint(path: str) -> bool:
    """Whether the file at `path` is a copy that Jupyter keeps of another."""
    return _CHECKPOINTS in path.split("/")[:-1]


def record_of(reference: str, data: bytes, options: NotebookOptions, make: Make) -> Record:
    """The record of the notebook in `data`, found at `reference`; `make` makes the document."""
    if not data.strip():
        return Rejected(reference, "empty_file")
    try:
        found = notebook_of(data)
    except NotebookError as error:
        return Quarantined(reference, error.reason, error.detail)
    refusal = refusal_of(found.notebook, options.form)
    if refusal is not None:
        return Rejected(reference, refusal)
    text, marks = render_notebook(found.notebook, options.form)
    metadata: dict[str, object] = {
        "form": options.form,
        "nbformat": found.nbformat,
        "cells": len(found.notebook.cells),
    }
    return make(text=text, format=FORMAT, marks=marks, language_hint=found.language, metadata=metadata)

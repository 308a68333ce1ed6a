"""Source kind `notebooks`: Jupyter notebooks from files, one document a notebook."""

from collections.abc import Iterator
from functools import partial

from pydantic import Field

from pipelines.document import Document, Record, Rejected
from pipelines.readers.file_groups import Selection, content_of, files_of, splits_of_files
from pipelines.readers.inputs import WEB
from pipelines.readers.notebooks.records import SUFFIX, NotebookOptions, is_checkpoint, record_of
from pipelines.source import SourceKind, Split

NOTEBOOKS = Selection("notebooks", (SUFFIX,))


class NotebooksOptions(NotebookOptions):
    """What a recipe may set for notebooks from files."""

    license: str | None = Field(None, description="The notebooks' licence, an SPDX expression.")


def splits(uri: str, _options: NotebooksOptions) -> list[Split]:
    """Ranges of the files; FileNotFoundError where there is none."""
    return splits_of_files(uri, NOTEBOOKS)


def read(split: Split, options: NotebooksOptions) -> Iterator[Record]:
    """One record for every file."""
    for file in files_of(split, NOTEBOOKS):
        if is_checkpoint(file.uri):
            yield Rejected(file.name, "notebook_checkpoint")
            continue
        content = content_of(file, options.max_file_bytes)
        if not isinstance(content, bytes):
            yield content
            continue
        url = file.uri if file.uri.startswith(WEB) else None
        yield record_of(
            file.name, content, options, partial(Document, url=url, path=file.name, license=options.license)
        )


SOURCE = SourceKind(
    name="notebooks",
    group="code/adjacent",
    options=NotebooksOptions,
    splits=splits,
    read=read,
    code_like=True,
    lists_files=True,
)

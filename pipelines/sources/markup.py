"""Source kind `markup`: files in markup languages, one document a file, its source as it stands.

Front matter (YAML between `---` lines) stays: it is part of the source, and says in two places what a title is. So a
file is the same document here and from a repository.
"""

from collections.abc import Iterator

from pydantic import Field

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.file_groups import Selection, content_of, files_of, splits_of_files
from pipelines.readers.inputs import WEB, InputPath
from pipelines.readers.languages import language_of, languages_named
from pipelines.readers.licenses import spdx_header
from pipelines.source import SourceKind, SourceOptions, Split

DEFAULT_LANGUAGES = frozenset({"markup", "prose"})
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ANY_NAME = ("",)


class MarkupOptions(SourceOptions):
    """What a recipe may set for files in markup languages."""

    languages: frozenset[str] = Field(
        DEFAULT_LANGUAGES, min_length=1, description="Languages and types of languages to take."
    )
    max_file_bytes: int = Field(1 << 20, gt=0, description="Larger files are rejected.")
    license: str | None = Field(None, description="The licence of files that name none, an SPDX expression.")


def splits(uri: str, options: MarkupOptions) -> list[Split]:
    """Ranges of the files; FileNotFoundError where there is none, ValueError for an unknown language."""
    return splits_of_files(uri, _selection(options))


def read(split: Split, options: MarkupOptions) -> Iterator[Record]:
    """One record for every file."""
    for file in files_of(split, _selection(options)):
        content = content_of(file, options.max_file_bytes)
        yield _record(file, content, options) if isinstance(content, bytes) else content


def _selection(options: MarkupOptions) -> Selection:
    what = f"files in {', '.join(sorted(options.languages))}"
    return Selection(what, ANY_NAME, languages_named(options.languages))


def _record(file: InputPath, content: bytes, options: MarkupOptions) -> Record:
    if b"\0" in content:
        return Rejected(file.name, "binary")
    try:
        text = content.removeprefix(BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError as error:
        return Quarantined(file.name, "not_utf8", str(error)[:200])
    if not text.strip():
        return Rejected(file.name, "empty_file")
    return Document(
        text=text,
        format="file",
        url=file.uri if file.uri.startswith(WEB) else None,
        path=file.name,
        license=spdx_header(text) or options.license,
        language_hint=language_of(file.name),
    )


SOURCE = SourceKind(
    name="markup",
    group="code/markup",
    options=MarkupOptions,
    splits=splits,
    read=read,
    code_like=True,
    lists_files=True,
)

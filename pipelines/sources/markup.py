"""Source kind `markup`: files in markup languages, one document a file, its source as it stands."""

from collections.abc import Iterator

from pydantic import Field

from pipelines.document import Document, Record, Rejected
from pipelines.readers.file_groups import content_of, files_of, splits_of_files
from pipelines.readers.inputs import WEB, InputPath
from pipelines.readers.languages import language_of, languages_named, suffixes_of
from pipelines.readers.licenses import spdx_header
from pipelines.source import SourceKind, SourceOptions, Split

DEFAULT_LANGUAGES = frozenset({"markup", "prose"})
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
WHAT = "files in markup languages"


class MarkupOptions(SourceOptions):
    """What a recipe may set for files in markup languages."""

    languages: frozenset[str] = Field(
        DEFAULT_LANGUAGES, min_length=1, description="Languages and types of languages to take."
    )
    max_file_bytes: int = Field(1 << 20, gt=0, description="Larger files are rejected.")
    license: str | None = Field(None, description="The licence of files that name none, an SPDX expression.")


def splits(uri: str, options: MarkupOptions) -> list[Split]:
    """Ranges of the files; FileNotFoundError where there is none, ValueError for an unknown language."""
    return splits_of_files(uri, suffixes_of(languages_named(options.languages)), WHAT)


def read(split: Split, options: MarkupOptions) -> Iterator[Record]:
    """One record for every file."""
    languages = languages_named(options.languages)
    for file in files_of(split, suffixes_of(languages), WHAT):
        language = language_of(file.name)
        if language is None or language not in languages:
            yield Rejected(file.name, "language_not_selected")  # a glob pattern matches any name
            continue
        content = content_of(file, options.max_file_bytes)
        yield _record(file, language, content, options) if isinstance(content, bytes) else content


def _record(file: InputPath, language: str, content: bytes, options: MarkupOptions) -> Record:
    if b"\0" in content:
        return Rejected(file.name, "binary")
    try:
        text = content.removeprefix(BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError:
        return Rejected(file.name, "not_utf8")
    if not text.strip():
        return Rejected(file.name, "empty_file")
    return Document(
        text=text,
        format="file",
        url=file.uri if file.uri.startswith(WEB) else None,
        path=file.name,
        license=spdx_header(text) or options.license,
        language_hint=language,
    )


SOURCE = SourceKind(
    name="markup", group="code/markup", options=MarkupOptions, splits=splits, read=read, code_like=True
)

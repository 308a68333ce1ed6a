"""Source kind `git_markup`: files in markup languages of a git repository, read as `git_files` reads them."""

from collections.abc import Iterator

from pydantic import Field

from pipelines.document import Record
from pipelines.readers.languages import languages_named
from pipelines.source import SourceKind, Split
from pipelines.sources import git_files
from pipelines.sources.markup import DEFAULT_LANGUAGES


class GitMarkupOptions(git_files.GitFilesOptions):
    """What a recipe may set: as for files of a repository, with other languages unless it says otherwise."""

    languages: frozenset[str] | None = Field(
        DEFAULT_LANGUAGES, min_length=1, description="languages and types of languages to take; null: every one"
    )


def splits(uri: str, options: GitMarkupOptions) -> list[Split]:
    """Ranges of the commit's files; FileNotFoundError or ValueError where `uri` is no repository."""
    return git_files.splits(uri, _with_languages(options))


def read(split: Split, options: GitMarkupOptions) -> Iterator[Record]:
    """One record for every file of the split; those in other languages are rejected."""
    return git_files.read(split, _with_languages(options))


def _with_languages(options: GitMarkupOptions) -> GitMarkupOptions:
    """The options with types of languages as the languages of those types."""
    if options.languages is None:
        return options
    return options.model_copy(update={"languages": languages_named(options.languages)})


SOURCE = SourceKind(
    name="git_markup", group="code/markup", options=GitMarkupOptions, splits=splits, read=read, code_like=True
)

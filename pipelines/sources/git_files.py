"""Source kind `git_files`: the files of a git repository at one commit, one document a file.

The repository is a worktree, a bare repository, a mirror or a bundle file; `uri` may be a glob pattern over
several.
"""

from collections.abc import Iterator

from pydantic import Field

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.git.objects import Commit, ObjectError
from pipelines.readers.git.repository import Repository, matching, open_repository
from pipelines.readers.git.text import NotText, special_kind, text_of
from pipelines.readers.git.tree import Change, LicenseReader, Unreadable, changes
from pipelines.readers.languages import check_languages, language_of
from pipelines.readers.licenses import spdx_header
from pipelines.source import SourceKind, SourceOptions, Split

FILES_PER_SPLIT = 2_000


class GitFilesOptions(SourceOptions):
    """What a recipe may set for files of a repository."""

    revision: str = Field("HEAD", description="branch, tag or commit to read")
    name: str | None = Field(None, description="the repository's name; else told by its origin or folder")
    languages: frozenset[str] | None = Field(None, description="languages to take; else every known one")
    max_file_bytes: int = Field(1 << 20, gt=0, description="larger files are rejected")


def splits(uri: str, options: GitFilesOptions) -> list[Split]:
    """Ranges of the commit's files; FileNotFoundError or ValueError where `uri` is no repository."""
    check_languages(options.languages)
    found = []
    for repository_uri in matching(uri, options.name):
        with open_repository(repository_uri, options.name) as repository:
            sha = repository.resolve(options.revision)
            found += _splits_of(repository, repository_uri, sha)
    return found


def _splits_of(repository: Repository, uri: str, sha: str) -> list[Split]:
    try:
        found = list(changes(repository.objects, None, repository.objects.commit(sha).tree))
    except ObjectError as error:
        raise ValueError(f"commit {sha} of {uri} cannot be read: {error}") from error
    shas = [item.new.sha if isinstance(item, Change) and item.new else "" for item in found]
    sizes_bytes = repository.objects.sizes_bytes([blob for blob in shas if blob])
    known = dict(zip((blob for blob in shas if blob), sizes_bytes, strict=True))
    return [
        Split(
            uri=uri,
            identity=f"{sha} named {repository.name}",
            size_bytes=sum(known.get(blob, 0) for blob in shas[start : start + FILES_PER_SPLIT]),
            start=start,
            stop=min(start + FILES_PER_SPLIT, len(found)),
        )
        for start in range(0, len(found), FILES_PER_SPLIT)
    ]


def read(split: Split, options: GitFilesOptions) -> Iterator[Record]:
    """One record for every file of the split's commit from `split.start` to `split.stop`."""
    sha = split.identity.split()[0]
    with open_repository(split.uri, options.name) as repository:
        licenses = LicenseReader(repository.objects)
        try:
            commit = repository.objects.commit(sha)
        except ObjectError as error:
            yield Quarantined(f"{repository.name}@{sha}", error.reason, error.detail)
            return
        for number, item in enumerate(changes(repository.objects, None, commit.tree)):
            if split.stop is not None and number >= split.stop:
                break
            if number < split.start:
                continue
            reference = f"{repository.name}@{commit.sha}:{item.path}"
            if isinstance(item, Unreadable):
                yield Quarantined(reference, item.reason, item.detail)
            else:
                yield _record(repository, commit, item, licenses, options, reference)


def _record(
    repository: Repository,
    commit: Commit,
    file: Change,
    licenses: LicenseReader,
    options: GitFilesOptions,
    reference: str,
) -> Record:
    if file.new is None:
        return Quarantined(reference, "missing_object", "the file is gone from its own tree")
    special = special_kind(file.new)
    if special is not None:
        return Rejected(reference, special)
    language = language_of(file.path)
    if language is None or (options.languages is not None and language not in options.languages):
        return Rejected(reference, "language_not_selected")
    try:
        text = text_of(repository.objects, file.new.sha, options.max_file_bytes)
    except NotText as error:
        return Rejected(reference, error.reason)
    except ObjectError as error:
        if error.reason == "object_too_large":
            return Rejected(reference, "file_too_large")
        return Quarantined(reference, error.reason, error.detail)
    if not text:
        return Rejected(reference, "empty_file")
    return Document(
        text=text,
        format="file",
        repository=repository.name,
        commit=commit.sha,
        path=file.path,
        license=spdx_header(text) or licenses.license_of(file.licenses),
        language_hint=language,
        date=commit.date,
    )


SOURCE = SourceKind(name="git_files", group="code", options=GitFilesOptions, splits=splits, read=read, code_like=True)

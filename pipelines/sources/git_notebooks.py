"""Source kind `git_notebooks`: the Jupyter notebooks of a git repository at one commit, one document a notebook.

Files that are no `.ipynb` are no input.
"""

from collections.abc import Iterator
from functools import partial

from pydantic import Field

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.git.objects import Commit, ObjectError
from pipelines.readers.git.repository import Repository, matching, open_repository
from pipelines.readers.git.text import special_kind
from pipelines.readers.git.tree import Change, LicenseReader, Unreadable, changes
from pipelines.readers.notebooks.records import SUFFIX, NotebookOptions, is_checkpoint, record_of
from pipelines.source import SourceKind, Split

FILES_PER_SPLIT = 500


class GitNotebooksOptions(NotebookOptions):
    """What a recipe may set for notebooks of a repository."""

    revision: str = Field("HEAD", description="Branch, tag or commit to read.")
    name: str | None = Field(None, description="The repository's name; else told by its origin or folder.")


def splits(uri: str, options: GitNotebooksOptions) -> list[Split]:
    """Ranges of each repository's notebooks; FileNotFoundError or ValueError where `uri` is no repository."""
    found = []
    for repository_uri in matching(uri, options.name):
        with open_repository(repository_uri, options.name) as repository:
            sha = repository.resolve(options.revision)
            try:
                files = list(_notebooks(repository, repository.objects.commit(sha)))
            except ObjectError as error:
                raise ValueError(f"commit {sha} of {repository_uri} cannot be read: {error}") from error
            blobs = [file.new.sha if isinstance(file, Change) and file.new else "" for file in files]
            stored = list(dict.fromkeys(blob for blob in blobs if blob))
            sizes_bytes = dict(zip(stored, repository.objects.sizes_bytes(stored), strict=True))
            found += [
                Split(
                    uri=repository_uri,
                    identity=f"{sha} named {repository.name}",
                    size_bytes=sum(sizes_bytes.get(blob, 0) for blob in blobs[start : start + FILES_PER_SPLIT]),
                    start=start,
                    stop=min(start + FILES_PER_SPLIT, len(files)),
                )
                for start in range(0, max(1, len(files)), FILES_PER_SPLIT)
            ]
    return found


def read(split: Split, options: GitNotebooksOptions) -> Iterator[Record]:
    """One record for every notebook of the split's commit from `split.start` to `split.stop`."""
    sha = split.identity.split()[0]
    with open_repository(split.uri, options.name) as repository:
        licenses = LicenseReader(repository.objects)
        try:
            commit = repository.objects.commit(sha)
        except ObjectError as error:
            yield Quarantined(f"{repository.name}@{sha}", error.reason, error.detail)
            return
        for number, item in enumerate(_notebooks(repository, commit)):
            if split.stop is not None and number >= split.stop:
                break
            if number < split.start:
                continue
            reference = f"{repository.name}@{commit.sha}:{item.path}"
            if isinstance(item, Unreadable):
                yield Quarantined(reference, item.reason, item.detail)
            else:
                yield _record(repository, commit, item, licenses, options, reference)


def _notebooks(repository: Repository, commit: Commit) -> Iterator[Change | Unreadable]:
    """The commit's notebooks, and what cannot be told to be none."""
    for item in changes(repository.objects, None, commit.tree):
        if isinstance(item, Unreadable) or item.path.endswith(SUFFIX):
            yield item


def _record(
    repository: Repository,
    commit: Commit,
    file: Change,
    licenses: LicenseReader,
    options: GitNotebooksOptions,
    reference: str,
) -> Record:
    if file.new is None:
        return Quarantined(reference, "missing_object", "the file is gone from its own tree")
    special = special_kind(file.new)
    if special is not None:
        return Rejected(reference, special)
    if is_checkpoint(file.path):
        return Rejected(reference, "notebook_checkpoint")
    try:
        data = repository.objects.read(file.new.sha, "blob", options.max_file_bytes)
    except ObjectError as error:
        if error.reason == "object_too_large":
            return Rejected(reference, "file_too_large")
        return Quarantined(reference, error.reason, error.detail)
    make = partial(
        Document,
        repository=repository.name,
        commit=commit.sha,
        path=file.path,
        license=licenses.license_of(file.licenses),
        date=commit.date,
    )
    return record_of(reference, data, options, make)


SOURCE = SourceKind(
    name="git_notebooks", group="code/adjacent", options=GitNotebooksOptions, splits=splits, read=read, code_like=True
)

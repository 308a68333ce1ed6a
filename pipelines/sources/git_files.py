"""Source kind `git_files`: the files of a git repository at one commit or at every tag, one document a file.

The repository is a worktree, a bare repository, a mirror or a bundle file; `uri` may be a glob pattern over
several.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from pydantic import Field

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.git.listing import Listed, ListedFile, Listing
from pipelines.readers.git.objects import Commit, ObjectError
from pipelines.readers.git.repository import Repository, open_repository
from pipelines.readers.git.repository_splits import is_unreadable, splits_of_each, unreadable_record
from pipelines.readers.git.tags import BadTag
from pipelines.readers.git.text import NotText, special_kind, text_of
from pipelines.readers.git.tree import Change, LicenseReader, Unreadable
from pipelines.readers.languages import check_languages, language_of
from pipelines.readers.licenses import spdx_header
from pipelines.source import SourceKind, SourceOptions, Split

FILES_PER_SPLIT = 2_000


class GitFilesOptions(SourceOptions):
    """What a recipe may set for files of a repository."""

    revision: str = Field("HEAD", description="branch, tag or commit to read")
    tags: str | None = Field(None, description="read the files at every tag like this pattern (`*`: all) instead")
    name: str | None = Field(None, description="the repository's name; else told by its origin or folder")
    languages: frozenset[str] | None = Field(None, description="languages to take; else every known one")
    max_file_bytes: int = Field(1 << 20, gt=0, description="larger files are rejected")


def splits(uri: str, options: GitFilesOptions) -> list[Split]:
    """Ranges of the files; FileNotFoundError or ValueError where `uri` is no repository."""
    check_languages(options.languages)
    return splits_of_each(uri, options.name, lambda repository: _splits_of(repository, options))


def _splits_of(repository: Repository, options: GitFilesOptions) -> list[Split]:
    sha = "" if options.tags is not None else repository.resolve(options.revision)
    try:
        listing = _listing(repository, options, sha)
    except ObjectError:  # read() says so
        return [Split(uri=repository.uri, identity=f"{sha} named {repository.name}", size_bytes=0, stop=1)]
    shas = [
        item.file.new.sha if isinstance(item, ListedFile) and isinstance(item.file, Change) and item.file.new else ""
        for item in listing
    ]
    blobs = [blob for blob in shas if blob]
    known = dict(zip(blobs, repository.objects.sizes_bytes(blobs), strict=True))
    return [
        Split(
            uri=repository.uri,
            identity=f"{listing.identity} named {repository.name}",
            size_bytes=sum(known.get(blob, 0) for blob in shas[start : start + FILES_PER_SPLIT]),
            start=start,
            stop=min(start + FILES_PER_SPLIT, len(shas)),
        )
        for start in range(0, len(shas), FILES_PER_SPLIT)
    ]


def _listing(repository: Repository, options: GitFilesOptions, sha: str) -> Listing:
    if options.tags is not None:
        return Listing.of_tags(repository, options.tags)
    return Listing(repository, repository.objects.commit(sha))


def read(split: Split, options: GitFilesOptions) -> Iterator[Record]:
    """One record for every file of the split's commit or tags from `split.start` to `split.stop`."""
    if is_unreadable(split):
        yield unreadable_record(split)
        return
    identity = split.identity.split()[0]
    with open_repository(split.uri, options.name) as repository:
        licenses = LicenseReader(repository.objects)
        try:
            listing = _listing(repository, options, identity)
        except ObjectError as error:
            yield Quarantined(f"{repository.name}@{identity}", error.reason, error.detail)
            return
        if listing.identity != identity:
            raise ValueError(f"the tags of {split.uri} changed since the build was planned: plan it again")
        for item in islice(listing, split.start, split.stop):
            yield _record_of(repository, item, licenses, options)


def _record_of(repository: Repository, item: Listed, licenses: LicenseReader, options: GitFilesOptions) -> Record:
    if isinstance(item, BadTag):
        reference = f"{repository.name}@refs/tags/{item.name}"
        if item.reason == "tag_without_commit":
            return Rejected(reference, item.reason)
        return Quarantined(reference, item.reason, item.detail)
    reference = f"{repository.name}@{item.commit.sha}:{item.file.path}"
    if isinstance(item.file, Unreadable):
        return Quarantined(reference, item.file.reason, item.file.detail)
    record = _record(repository, item.commit, item.file, licenses, options, reference)
    if item.tag is not None and isinstance(record, Document):
        return replace(record, metadata={"tag": item.tag})
    return record


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

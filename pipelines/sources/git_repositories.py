"""Source kind `git_repositories`: a repository as one document, its files behind what they import.

A repository beyond `max_document_bytes` is a document for each language and top-level folder, cut where even that is
too much. Every file at the commit is a record: the first of a document's files is the document, the others are
absorbed by it.
"""

from collections import Counter
from collections.abc import Generator, Iterator
from typing import NamedTuple

from pydantic import Field

from mixer.formats import repository as repository_format
from mixer.formats.repository import RepositoryFile
from pipelines.document import Absorbed, Document, Quarantined, Record, Rejected
from pipelines.readers.git.objects import Commit, ObjectError
from pipelines.readers.git.repository import Repository, open_repository
from pipelines.readers.git.repository_parts import Part, PartFile, documents_of, parts_of
from pipelines.readers.git.repository_splits import is_unreadable, splits_of_each, unreadable_record
from pipelines.readers.git.text import NotText, special_kind, text_of
from pipelines.readers.git.tree import Change, LicenseReader, Unreadable, changes
from pipelines.readers.languages import check_languages, language_of
from pipelines.readers.licenses import all_of, spdx_header
from pipelines.source import SourceKind, SourceOptions, Split

MARKS = repository_format.MARKS
# Files of data are long, import nothing and are imported by nothing that is looked at.
_DATA_LANGUAGES = frozenset({"CSV", "JSON", "SVG"})


class GitRepositoriesOptions(SourceOptions):
    """What a recipe may set for repositories as documents."""

    revision: str = Field("HEAD", description="branch, tag or commit to read")
    name: str | None = Field(None, description="the repository's name; else told by its origin or folder")
    languages: frozenset[str] | None = Field(None, description="languages to take; else every known one")
    data_languages: frozenset[str] = Field(
        _DATA_LANGUAGES, description="languages whose files hold data: left out unless `languages` names them"
    )
    max_file_bytes: int = Field(1 << 20, gt=0, description="larger files are rejected")
    max_document_bytes: int = Field(4 << 20, gt=0, description="code of one document; larger repositories are cut")
    metadata_share: float = Field(
        repository_format.METADATA_SHARE, ge=0, le=1, description="share of repositories shown with name and paths"
    )
    seed: int = Field(0, description="of the draw which repositories those are")


class _Reading(NamedTuple):
    repository: Repository
    commit: Commit
    licenses: LicenseReader
    license_blobs: dict[str, tuple[str, ...]]  # by path
    options: GitRepositoriesOptions

    def reference(self, path: str) -> str:
        return f"{self.repository.name}@{self.commit.sha}:{path}"


def splits(uri: str, options: GitRepositoriesOptions) -> list[Split]:
    """One split a repository; FileNotFoundError or ValueError where `uri` is none."""
    check_languages(options.languages)
    check_languages(options.data_languages)
    return splits_of_each(uri, options.name, lambda repository: [_split_of(repository, options)])


def _split_of(repository: Repository, options: GitRepositoriesOptions) -> Split:
    sha = repository.resolve(options.revision)
    try:
        listed = list(changes(repository.objects, None, repository.objects.commit(sha).tree))
    except ObjectError:
        listed = []  # read() says so
    blobs = [item.new.sha for item in listed if isinstance(item, Change) and item.new]
    size_bytes = sum(repository.objects.sizes_bytes(blobs))
    return Split(uri=repository.uri, identity=f"{sha} named {repository.name}", size_bytes=size_bytes)


def read(split: Split, options: GitRepositoriesOptions) -> Iterator[Record]:
    """First the files that are in no document, then each document's files."""
    if is_unreadable(split):
        yield unreadable_record(split)
        return
    sha = split.identity.split()[0]
    with open_repository(split.uri, options.name) as repository:
        try:
            commit = repository.objects.commit(sha)
        except ObjectError as error:
            yield Quarantined(f"{repository.name}@{sha}", error.reason, error.detail)
            return
        reading = _Reading(repository, commit, LicenseReader(repository.objects), {}, options)
        candidates = yield from _candidates(reading)
        for part in parts_of(candidates, options.max_document_bytes):
            yield from _records_of(reading, part)


def _candidates(reading: _Reading) -> Generator[Record, None, list[PartFile]]:
    """The records of files that are no document by their name or kind; returns the others."""
    options = reading.options
    found: list[tuple[str, str, str]] = []
    for item in changes(reading.repository.objects, None, reading.commit.tree):
        reference = reading.reference(item.path)
        if isinstance(item, Unreadable) or item.new is None:
            reason, detail = (item.reason, item.detail) if isinstance(item, Unreadable) else ("missing_object", "")
            yield Quarantined(reference, reason, detail)
            continue
        language = language_of(item.path)
        special = special_kind(item.new)
        if special is not None:
            yield Rejected(reference, special)
        elif language is None or not _is_asked_for(language, options):
            yield Rejected(reference, "language_not_selected")
        else:
            found.append((item.path, language, item.new.sha))
            reading.license_blobs[item.path] = item.licenses
    sizes_bytes = reading.repository.objects.sizes_bytes([blob for *_, blob in found])
    files = [PartFile(*file, size_bytes) for file, size_bytes in zip(found, sizes_bytes, strict=True)]
    large = {file.path for file in files if file.size_bytes > options.max_file_bytes}
    yield from (Rejected(reading.reference(path), "file_too_large") for path in sorted(large))
    return [file for file in files if file.path not in large]


def _is_asked_for(language: str, options: GitRepositoriesOptions) -> bool:
    if options.languages is not None:
        return language in options.languages
    return language not in options.data_languages


def _records_of(reading: _Reading, part: Part) -> Iterator[Record]:
    """The records of a part's files: those that cannot be shown, then document by document."""
    texts = []
    for file in part.files:
        try:
            text = text_of(reading.repository.objects, file.blob, reading.options.max_file_bytes)
            if text.strip():
                texts.append(RepositoryFile(file.path, text))
            else:
                yield Rejected(reading.reference(file.path), "empty_file")
        except NotText as error:
            yield Rejected(reading.reference(file.path), error.reason)
        except ObjectError as error:
            if error.reason == "object_too_large":
                yield Rejected(reading.reference(file.path), "file_too_large")
            else:
                yield Quarantined(reading.reference(file.path), error.reason, error.detail)
    language_of_path = {file.path: file.language for file in part.files}
    for files in documents_of(texts, reading.options.max_document_bytes):
        yield _document(reading, part, files, language_of_path)
        yield from (Absorbed(reading.reference(file.path)) for file in files[1:])


def _document(reading: _Reading, part: Part, files: list[RepositoryFile], language_of_path: dict[str, str]) -> Document:
    options = reading.options
    shown = repository_format.Repository(reading.repository.name, files)
    text, marks = repository_format.render_repository(shown, options.seed, options.metadata_share)
    chars: Counter[str] = Counter()
    for file in files:
        chars[language_of_path[file.path]] += len(file.text)
    licenses = {
        spdx_header(file.text) or reading.licenses.license_of(reading.license_blobs[file.path]) for file in files
    }
    return Document(
        text=text,
        marks=marks,
        format="repository",
        repository=reading.repository.name,
        commit=reading.commit.sha,
        path=part.folder or None,
        license=None if None in licenses else all_of(sorted(filter(None, licenses))),
        language_hint=min(chars, key=lambda language: (-chars[language], language)),
        date=reading.commit.date,
        metadata={
            "files": len(files),
            "is_whole_repository": part.language is None,
            "folder": part.folder,
            "languages": len(chars),
        },
    )


SOURCE = SourceKind(
    name="git_repositories",
    group="code",
    options=GitRepositoriesOptions,
    splits=splits,
    read=read,
    code_like=True,
)

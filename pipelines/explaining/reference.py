"""What a person names a document by: its id, its address, or repository@commit:path."""

import re
from dataclasses import dataclass
from functools import cached_property, reduce

import pyarrow as pa
import pyarrow.compute as pc

COMMIT_SIGN = "@"
VERSION_SIGN = "=="  # as refused files of packages write it: name==version:path

_ID = re.compile(r"[0-9a-fA-F]{32}")


def place_text(repository: str | None, commit: str | None, path: str | None) -> str:
    """repository@commit:path as far as there is any of it; empty without."""
    at_commit = f"{COMMIT_SIGN}{commit}" if commit is not None else ""
    in_it = f":{path}" if path is not None else ""
    return f"{repository or ''}{at_commit}{in_it}".lstrip(":")


@dataclass(frozen=True)
class Reference:
    """A document's name as it was given."""

    text: str

    @cached_property
    def doc_id(self) -> str | None:
        """The id that it is, in the lake's lower case; None when it is none."""
        return self.text.lower() if _ID.fullmatch(self.text) else None

    @property
    def columns(self) -> list[str]:
        """The columns of ingest's parts that `matches` and `is_near` read."""
        return ["doc_id"] if self.doc_id is not None else ["doc_id", "url", "repository", "commit", "path"]

    def matches(self, documents: pa.Table) -> pa.ChunkedArray:
        """bool[documents]: those that it names exactly; a repository@commit names every document of it."""
        if self.doc_id is not None:
            return pc.equal(documents.column("doc_id"), self.doc_id)
        masks = [pc.equal(documents.column("url"), self.text)]
        bare = self.text.lstrip(":")  # nothing is left: it would name what has no address
        for sign in {COMMIT_SIGN, self._sign} if bare else ():
            at_commit, whole = _places(documents, sign)
            masks += [pc.equal(at_commit, self.text), pc.equal(whole, bare)]
        return _any(masks)

    def is_near(self, documents: pa.Table) -> pa.ChunkedArray:
        """bool[documents]: addresses that begin alike, the same file at other commits, other files of a commit."""
        repository, _, rest = self.text.partition(self._sign)
        commit, _, path = rest.partition(":")
        masks = [pc.starts_with(documents.column("url"), pattern=self._parent)]
        if commit:
            _, whole = _places(documents, self._sign)
            same_file = pc.and_(
                pc.starts_with(whole, pattern=f"{repository}{self._sign}"), pc.ends_with(whole, pattern=f":{path}")
            )
            masks += [same_file, pc.starts_with(whole, pattern=f"{repository}{self._sign}{commit}:")]
        return _any(masks)

    def refused(self, references: pa.ChunkedArray) -> pa.ChunkedArray:
        """bool[references]: refused records that it names; a web record's reference ends with its address."""
        return _any([pc.equal(references, self.text), pc.ends_with(references, pattern=f" {self.text}")])

    @property
    def _sign(self) -> str:
        return VERSION_SIGN if VERSION_SIGN in self.text else COMMIT_SIGN

    @property
    def _parent(self) -> str:
        """The address up to its last slash, never less than its host."""
        scheme, found, rest = self.text.rstrip("/").rpartition("://")
        folder, slash, _ = rest.rpartition("/")
        return f"{scheme}{found}{folder}{slash}" if slash else self.text.rstrip("/")


def _places(documents: pa.Table, sign: str) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """repository@commit and `place_text` of every document, with `sign` before the commit."""
    repository = pc.fill_null(documents.column("repository"), "")
    commit = pc.fill_null(pc.binary_join_element_wise(sign, documents.column("commit"), ""), "")
    path = pc.fill_null(pc.binary_join_element_wise(":", documents.column("path"), ""), "")
    at_commit = pc.binary_join_element_wise(repository, commit, "")
    return at_commit, pc.utf8_ltrim(pc.binary_join_element_wise(at_commit, path, ""), characters=":")


def _any(masks: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Where one of the masks holds; null counts as no."""
    return reduce(pc.or_, [pc.fill_null(mask, False) for mask in masks])

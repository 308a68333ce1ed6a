"""Answers kept in a folder, on disk or in an object store: what the option `rest` of a source reads.

An answer is one file of one JSON line, `{"data": ..., "etag": ..., "has_next": ..., "status": ..., "url": ...}`, named
by a hash of its address, so nothing in an address can lead outside the folder.
"""

import hashlib
import json
from typing import Any, NamedTuple

from mixer import storage


class StoredAnswer(NamedTuple):
    """What was asked and what came; `has_next` says that there is another page of it."""

    url: str
    status: int
    data: Any
    etag: str = ""
    has_next: bool = False


class AnswersFolder:
    """The stored answers of a folder by address."""

    def __init__(self, uri: str) -> None:
        self._uri = uri.rstrip("/")

    def get(self, address: str) -> StoredAnswer | None:
        """The answer at `address`, if there is a whole one."""
        uri = self._uri_of(address)
        if not storage.exists(uri):
            return None
        try:
            stored = json.loads(storage.read_bytes(uri))
            answer = StoredAnswer(**{name: stored[name] for name in StoredAnswer._fields})
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return answer if answer.url == address else None

    def put(self, answer: StoredAnswer) -> None:
        """Keep `answer` in place of what stands there."""
        line = json.dumps(answer._asdict(), sort_keys=True, ensure_ascii=True)
        storage.write_bytes(self._uri_of(answer.url), line.encode("ascii") + b"\n")

    def _uri_of(self, address: str) -> str:
        name = hashlib.blake2b(address.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return f"{self._uri}/{name[:2]}/{name}.json"

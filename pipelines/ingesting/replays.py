"""Splits that a lake was told to read again, though neither the input nor the options changed.

`<lake>/replays/<source>/<digest>.json`, one file a split, with how often that was asked. The digest is of the split and
of all that decides what is read from it, so a replay ends when the input, the options or the stage change. The count
is part of the ingest's fingerprint: the build after it reads the split anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mixer import storage
from pipelines.lake import Lake, digest_of
from pipelines.source import Split


class Replay(BaseModel):
    """A split that is to be read again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: str
    start: int
    stop: int | None
    count: int = Field(ge=1)  # how often it was asked


def split_entry(split: Split, replays: int) -> list[Any]:
    """The split as fingerprints have it: what it is, from where to where, and how often it was read again."""
    return [split.identity, split.start, split.stop, *([replays] if replays else [])]


def replays_of(lake: Lake, source: str, asked: Mapping[str, Any], splits: Sequence[Split]) -> list[int]:
    """How often each split was to be read again; `asked` is the rest of what decides what is read from it."""
    stored = storage.sizes_in(_folder(lake, source))
    names = [_name(asked, split) for split in splits] if stored else []
    found = [_read(f"{_folder(lake, source)}/{name}").count if name in stored else 0 for name in names]
    return found or [0] * len(splits)


def add_replays(lake: Lake, source: str, asked: Mapping[str, Any], splits: Iterable[Split]) -> None:
    """Have the next build read these splits again."""
    for split in splits:
        (before,) = replays_of(lake, source, asked, [split])
        replay = Replay(identity=split.identity, start=split.start, stop=split.stop, count=before + 1)
        uri = f"{_folder(lake, source)}/{_name(asked, split)}"
        storage.write_bytes(uri, f"{replay.model_dump_json()}\n".encode())


def _folder(lake: Lake, source: str) -> str:
    return f"{lake.uri}/replays/{source}"


def _name(asked: Mapping[str, Any], split: Split) -> str:
    return f"{digest_of([asked, split_entry(split, 0)])}.json"


def _read(uri: str) -> Replay:
    try:
        return Replay.model_validate_json(storage.read_bytes(uri))
    except ValidationError as error:
        raise storage.DamagedFile(f"{uri} is no replay ({error.errors()[0]['msg']}): delete it") from error

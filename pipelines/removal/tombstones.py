"""Tombstones: what a lake must forget, as conditions and document ids that every build honours.

`<lake>/tombstones/<digest>.json`. The digest is of what is forgotten, so saying it twice changes nothing. A condition
is judged anew at every build, so documents that come in later from the same place stay out too.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mixer import storage
from pipelines.conditions.condition import Condition, Mask, matching
from pipelines.lake import FINGERPRINT_DIGITS, Lake, digest_of

DocumentId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]

_FILE_NAME = re.compile(rf"([0-9a-f]{{{FINGERPRINT_DIGITS}}})\.json")


class Tombstone(BaseModel):
    """Documents to be left out: those that `match`, and those of `ids`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: str | None = None  # a condition
    ids: tuple[DocumentId, ...] = ()  # sorted
    note: str = ""
    created: str = ""  # ISO date
    mixdown: str = ""  # the version that wrote it

    @model_validator(mode="after")
    def _check(self) -> "Tombstone":
        if self.match is None and not self.ids:
            raise ValueError("a tombstone needs a condition or ids: it would forget nothing")
        if list(self.ids) != sorted(set(self.ids)):
            raise ValueError("a tombstone's ids must be sorted, each once")
        return self

    @property
    def digest(self) -> str:
        """The name of what is forgotten."""
        return digest_of({"match": self.match, "ids": self.ids})

    def condition(self) -> Condition | None:
        """Its condition, checked; ConditionError when an altered file brought in one that cannot be used."""
        return None if self.match is None else Condition.parse(self.match)


def read_tombstones(lake: Lake) -> list[Tombstone]:
    """All tombstones of a lake, by digest; DamagedFile for one that was altered."""
    names = sorted(storage.sizes_in(_folder(lake)))
    return [read_tombstone(lake, match[1]) for name in names if (match := _FILE_NAME.fullmatch(name))]


def read_tombstone(lake: Lake, digest: str) -> Tombstone:
    """The tombstone of that digest; FileNotFoundError names what is not there."""
    uri = tombstone_uri(lake, digest)
    try:
        tombstone = Tombstone.model_validate_json(storage.read_bytes(uri))
    except ValidationError as error:
        raise storage.DamagedFile(f"{uri} is no tombstone ({error.errors()[0]['msg']}): write it again") from None
    if tombstone.digest != digest:
        raise storage.DamagedFile(f"{uri} was altered: it says what {tombstone.digest} stands for; write it again")
    return tombstone


def add_tombstone(lake: Lake, tombstone: Tombstone) -> bool:
    """Write the tombstone; False when the lake has it already, whose note and date then stay."""
    uri = tombstone_uri(lake, tombstone.digest)
    if storage.exists(uri):
        return False
    storage.write_bytes(uri, tombstone.model_dump_json(indent=1).encode())
    return True


def remove_tombstone(lake: Lake, digest: str) -> None:
    """Take a tombstone back; FileNotFoundError when the lake has none of that digest."""
    uri = tombstone_uri(lake, digest)
    if not storage.exists(uri):
        raise FileNotFoundError(f"no tombstone at {uri}: `mixdown forget --list` names those that are there")
    filesystem, path = storage.resolve(uri)
    filesystem.delete_file(path)


def matches_of(tombstones: Sequence[Tombstone], table: pa.Table) -> list[Mask]:
    """For each tombstone, bool[rows of `table`], which holds `doc_id` and `columns_of` them: what it forgets."""
    by_id = [pc.is_in(table.column("doc_id"), value_set=pa.array(t.ids, pa.string())).to_numpy() for t in tombstones]
    judged = [number for number, tombstone in enumerate(tombstones) if tombstone.match is not None]
    conditions = [condition for tombstone in tombstones if (condition := tombstone.condition())]
    for number, mask in zip(judged, matching(conditions, table), strict=True):
        by_id[number] |= mask
    return by_id


def columns_of(tombstones: Iterable[Tombstone]) -> set[str]:
    """The stored columns that the tombstones' conditions read."""
    return {name for tombstone in tombstones if (condition := tombstone.condition()) for name in condition.columns}


def tombstone_uri(lake: Lake, digest: str) -> str:
    """Where the tombstone of a digest lies; FileNotFoundError for what is no digest."""
    if not _FILE_NAME.fullmatch(f"{digest}.json"):
        raise FileNotFoundError(f"{digest!r} is no tombstone's digest, which has {FINGERPRINT_DIGITS} hex digits")
    return f"{_folder(lake)}/{digest}.json"


def _folder(lake: Lake) -> str:
    return f"{lake.uri}/tombstones"

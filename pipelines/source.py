"""The source contract: what one file in `sources/` offers so that a recipe can name it.

A source kind cuts its input into splits (no task should run longer than a few minutes) and reads one split into
records. A kind is one module with one name, `SOURCE`; adding one is adding a file with its golden cases.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

import pipelines.sources
from pipelines.document import Record


class SourceOptions(BaseModel):
    """Base of every kind's options: what a recipe may write under `options:`; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def plain(self) -> dict[str, Any]:
        """The options as JSON-like values, the same in every process: the order of a set is not."""
        values = self.model_dump()
        return {name: sorted(value) if isinstance(value, set | frozenset) else value for name, value in values.items()}


class Split(BaseModel):
    """A piece of input that one task reads.

    `start` and `stop` count in the kind's own unit (bytes, records, commits); `identity` says what the input *is*
    (a commit id, size and modification time), so that a changed input gives a changed fingerprint.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri: str
    identity: str
    size_bytes: int
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True)
class SourceKind:
    """A kind of source.

    `splits(uri, options)` lists the splits in a stable order and raises FileNotFoundError where the uri matches
    nothing. `read(split, options)` yields one record for every record of the input; what it cannot read it yields as
    Quarantined and goes on; it never raises for bad content.
    """

    name: str
    group: str  # its sources' unless the recipe says otherwise: text, code, or below one of them
    options: type[SourceOptions]
    splits: Callable[[str, Any], list[Split]]
    read: Callable[[Split, Any], Iterator[Record]]
    code_like: bool = False  # its text is code: measured and judged as such
    near_dedup: bool = True  # whether near duplicates of its documents are removed unless the recipe says otherwise


@cache
def source_kinds() -> Mapping[str, SourceKind]:
    """Every kind found in the folder `sources/`, by name."""
    kinds = {}
    for module_info in pkgutil.iter_modules(pipelines.sources.__path__):
        module = importlib.import_module(f"pipelines.sources.{module_info.name}")
        source = getattr(module, "SOURCE", None)
        if isinstance(source, SourceKind):
            kinds[source.name] = source
    return dict(sorted(kinds.items()))

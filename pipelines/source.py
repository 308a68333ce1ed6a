"""The source contract: what one file in `sources/` offers so that a recipe can name it.

A source kind cuts its input into splits (no task should run longer than a few minutes) and reads one split into
records. A kind is one module with one name, `SOURCE`; adding one is adding a file with its golden cases, here or in a
distribution of its own, whose entry point `mixdown.sources` names the module.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

import pipelines.sources
from pipelines.document import Record

PLUGINS = "mixdown.sources"  # the group of entry points


class SourceKindError(ImportError):
    """Kinds that cannot be had: a broken plug-in, one name for two kinds, one that is not installed here."""


class SourceOptions(BaseModel):
    """Base of every kind's options: what a recipe may write under `options:`; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri_options: ClassVar[tuple[str, ...]] = ()  # options that are uris, one or several: relative to the recipe

    def with_uris(self, resolve: Callable[[str], str]) -> Self:
        """The options with every uri among them resolved, as a task needs them."""

        def resolved(value: Any) -> Any:
            return resolve(value) if isinstance(value, str) else tuple(map(resolve, value or ()))

        return self.model_copy(update={name: resolved(getattr(self, name)) for name in self.uri_options})

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
    lists_files: bool = False  # its `splits` takes its files of `inputs_at(uri)`, so that they can be chosen by time
    version: int = 1  # raised when the same input gives other records than before, so that it is read anew


@cache
def source_kinds() -> Mapping[str, SourceKind]:
    """Every kind by name: of the folder `sources/` and of plug-ins; SourceKindError for a broken one."""
    kinds: dict[str, SourceKind] = {}
    for place, kind in [*_own_kinds(), *_plugins()]:
        if kind.name in kinds:
            raise SourceKindError(
                f"two source kinds are named {kind.name!r}; the second is of {place}: rename that one"
            )
        kinds[kind.name] = kind
    return dict(sorted(kinds.items()))


def source_kind(name: str) -> SourceKind:
    """The kind of that name; SourceKindError where a worker does not have what the recipe's reader had."""
    kind = source_kinds().get(name)
    if kind is None:
        raise SourceKindError(
            f"source kind {name!r} is not known to this Python ({sys.executable}): install the distribution that "
            "offers it for the Python of every executor, in the same version"
        )
    return kind


def _own_kinds() -> Iterator[tuple[str, SourceKind]]:
    for module_info in pkgutil.iter_modules(pipelines.sources.__path__):
        module = importlib.import_module(f"pipelines.sources.{module_info.name}")
        source = getattr(module, "SOURCE", None)
        if isinstance(source, SourceKind):
            yield module.__name__, source


def _plugins() -> Iterator[tuple[str, SourceKind]]:
    """Of each entry point, which names a module with `SOURCE` or the kind itself."""
    for point in sorted(entry_points(group=PLUGINS), key=lambda point: (point.name, point.value)):
        place = _described(point)
        try:
            loaded = point.load()
        except Exception as error:  # whatever a module of others does when it is imported
            problem = f"{type(error).__name__}: {error}"
            raise SourceKindError(f"{place} cannot be imported ({problem}): mend it or uninstall it") from error
        kind = loaded if isinstance(loaded, SourceKind) else getattr(loaded, "SOURCE", None)
        if not isinstance(kind, SourceKind):
            raise SourceKindError(f"{place} has no SOURCE = SourceKind(...): mend it or uninstall it")
        yield place, kind


def _described(point: EntryPoint) -> str:
    distribution = f" of {point.dist.name} {point.dist.version}" if point.dist else ""
    return f"the plug-in {point.name!r} ({point.value}){distribution}"

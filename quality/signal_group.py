"""The signal contract: a group of columns that are measured together, one file in `quality/signals/`.

A group offers one name, `SIGNALS`. It sees a batch of documents and gives columns of numbers, and edits where the text
should change (see `quality/edits.py`). It never decides: rules do, over the stored columns.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

import quality.signals
from quality.arrow_text import Bytes, Offsets, text_buffers
from quality.edits import EDIT, Edits

Kind = Literal["text", "code"]

REWRITING_GROUP = "datatrove"  # may rewrite the text, so the others look at what it leaves
LANGUAGE_GROUP = "language"  # the others may ask for a document's language
FIRST_GROUPS = (REWRITING_GROUP, LANGUAGE_GROUP)


class GroupSettings(BaseModel):
    """Base of every group's settings: what a recipe may write under `measure: <name>:`; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def members(self, column: str) -> frozenset[str]:  # noqa: ARG002
        """The keys of a column of maps that these settings measure, which checks may name as `column.key`."""
        return frozenset()


@dataclass(frozen=True)
class Documents:
    """n documents that are measured together: their text and what their source knows about them (null: nothing)."""

    text: pa.StringArray | pa.LargeStringArray
    url: pa.StringArray
    path: pa.StringArray  # of the file inside its repository
    license: pa.StringArray  # an SPDX expression
    language_hint: pa.StringArray  # the programming language of code
    language: pa.StringArray  # identified: an ISO 639 code, `und` for none; null before it is measured
    language_score: pa.FloatArray
    has_marks: pa.BooleanArray  # special tokens stand at places in the text, so no other text may take its place

    @cached_property
    def buffers(self) -> tuple[Bytes, Offsets]:
        """UTF-8 bytes of all documents and their n + 1 offsets, as kernels read them."""
        return text_buffers(self.text)

    def __len__(self) -> int:
        return len(self.text)


def documents_of(text: pa.StringArray | pa.LargeStringArray, **known: pa.Array) -> Documents:
    """Documents with the columns that are given, the others null."""
    columns = ("url", "path", "license", "language_hint", "language")
    nulls = {name: pa.nulls(len(text), pa.string()) for name in columns}
    nulls |= {"language_score": pa.nulls(len(text), pa.float32()), "has_marks": pa.nulls(len(text), pa.bool_())}
    return Documents(text=text, **(nulls | known))


@dataclass(frozen=True)
class Measured:
    """What a group found in n documents."""

    columns: Mapping[str, pa.Array]  # by name, n rows each
    edits: Edits = field(default_factory=lambda: np.empty(0, EDIT))  # proposed, in any order
    problems: Mapping[int, str] = field(default_factory=dict)  # row -> why a document could not be measured
    text: pa.StringArray | pa.LargeStringArray | None = (
        None  # all texts, where the group rewrote some; edits are places in these
    )


@dataclass(frozen=True)
class SignalGroup:
    """A group of signals.

    `measure(documents, settings)` returns a column for each field of `schema`. Sources of the kinds in `measured_for`
    have it measured without being asked; others where a rule reads one of its columns or the recipe names it.
    """

    name: str
    meaning: str
    schema: pa.Schema
    settings: type[GroupSettings]
    measured_for: frozenset[Kind]
    measure: Callable[[Documents, Any], Measured]
    version: int = 1  # raise it whenever the same text would give other numbers


@cache
def signal_groups() -> Mapping[str, SignalGroup]:
    """Every group found in the folder `signals/`, by name."""
    found = {}
    for module_info in pkgutil.iter_modules(quality.signals.__path__):
        module = importlib.import_module(f"quality.signals.{module_info.name}")
        group = getattr(module, "SIGNALS", None)
        if isinstance(group, SignalGroup):
            found[group.name] = group
    return dict(sorted(found.items()))


@cache
def signals_schema() -> pa.Schema:
    """The columns of all groups, in the groups' order; ValueError where two groups have one of the same name."""
    columns = [column for group in signal_groups().values() for column in group.schema]
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two signal groups measure {', '.join(twice)}: a column has one group")
    return pa.schema(columns)


def group_of_column(name: str) -> str | None:
    """The group that measures the column, or the one of `column.key`; None for a column of no group."""
    column = name.partition(".")[0]
    return next((group.name for group in signal_groups().values() if column in group.schema.names), None)


def measure_groups(documents: Documents, asked: Mapping[str, GroupSettings]) -> Measured:
    """All groups in `asked` over `documents`: every column of `signals_schema` (null where its group is not asked)."""
    columns: dict[str, pa.Array] = {}
    edits = []
    problems: dict[int, str] = {}
    text = None
    for name in sorted(asked, key=_turn):
        measured = signal_groups()[name].measure(documents, asked[name])
        if measured.text is not None:
            text = measured.text
            documents = replace(documents, text=text)
        if name == LANGUAGE_GROUP:
            documents = replace(documents, **measured.columns)
        columns |= measured.columns
        edits.append(measured.edits)
        problems = dict(measured.problems) | problems
    complete = {
        column.name: columns[column.name] if column.name in columns else pa.nulls(len(documents), column.type)
        for column in signals_schema()
    }
    return Measured(complete, np.concatenate([*edits, np.empty(0, EDIT)]), problems, text)


def _turn(name: str) -> tuple[int, str]:
    return (FIRST_GROUPS.index(name) if name in FIRST_GROUPS else len(FIRST_GROUPS), name)

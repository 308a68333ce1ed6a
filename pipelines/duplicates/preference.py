"""Which of two alike documents is preferred: what a recipe writes under `dedup: prefer:`, as numbers to sort by."""

import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.recipe_keys.problems import unknown
from quality.signal_group import signals_schema

SOURCE = "source"
# Of what is known beside signals: the columns that each reads.
_COLUMNS = {
    SOURCE: (),
    "license": ("license",),
    "stars": ("metadata",),
    "newest": ("date",),
    "oldest": ("date",),
    "longest": ("n_final_bytes",),
    "shortest": ("n_final_bytes",),
}


def check_preferences(prefer: Sequence[str]) -> None:
    """ValueError for a name that is neither one of the known ones nor a signal that is a number."""
    known = [*_COLUMNS, *_numbers()]
    for name in prefer:
        if name not in known:
            raise ValueError(f"`dedup: prefer:`: {unknown('preference', name, known)}")


def columns_of(prefer: Sequence[str]) -> set[str]:
    """The columns of documents and signals that these read."""
    return {column for name in prefer for column in _COLUMNS.get(name, (name,))}


def preferences(table: pa.Table, prefer: Sequence[str], source_rank: int) -> pa.ListArray:
    """Numbers to compare one by one, smallest first: a list of len(prefer) float64 a document.

    `table` has `columns_of(prefer)`. What is not known of a document (null, NaN) comes last.
    """
    ranks = np.column_stack([_ranks(table, name, source_rank) for name in prefer]) if prefer else np.empty((0, 0))
    ranks = np.where(np.isnan(ranks), np.inf, ranks)
    offsets = np.arange(table.num_rows + 1, dtype=np.int32) * np.int32(len(prefer))
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(ranks.reshape(-1)))


def _ranks(table: pa.Table, name: str, source_rank: int) -> npt.NDArray[np.float64]:
    if name == SOURCE:
        return np.full(table.num_rows, float(source_rank))
    column = table.column(_COLUMNS.get(name, (name,))[0])
    if name == "license":
        missing: npt.NDArray[np.float64] = column.is_null().to_numpy().astype(np.float64)
        return missing
    if name == "stars":
        return -np.array([_stars(text) for text in column.to_pylist()], np.float64)
    if name in ("newest", "oldest"):
        column = column.cast(pa.int64()) if not pa.types.is_integer(column.type) else column
    numbers: npt.NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
    return numbers if name in ("oldest", "shortest") else -numbers


def _stars(metadata: str | None) -> float:
    """The number under `stars` in a document's metadata."""
    found = json.loads(metadata) if metadata and '"stars"' in metadata else None
    stars = found.get("stars") if isinstance(found, dict) else None
    return float(stars) if isinstance(stars, int | float) and not isinstance(stars, bool) else np.nan


def _numbers() -> list[str]:
    return [
        field.name for field in signals_schema() if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    ]


def ranked(names: Sequence[str], first: str) -> tuple[str, ...]:
    """The names with `first` at the front."""
    return (first, *(name for name in names if name != first))

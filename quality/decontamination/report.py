"""How contaminated a benchmark is: the share of its items of which something was found in the data."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality.decontamination.index import BenchmarkSummary


@dataclass(frozen=True)
class Contamination:
    """What was found of one benchmark."""

    benchmark: str
    n_items: int
    n_indexed_items: int  # the others are too short to be looked for
    n_found_items: int
    n_documents: int  # in which they were found

    @property
    def share(self) -> float:
        """Found items of those that were looked for; 0 where none was."""
        return self.n_found_items / self.n_indexed_items if self.n_indexed_items else 0.0


def contamination(
    summaries: Iterable[BenchmarkSummary], span_columns: Iterable[pa.ListArray]
) -> tuple[Contamination, ...]:
    """Of each benchmark (`BenchmarkIndex.summaries`) what the stored columns `benchmark_spans` say of it.

    A document that holds more spans than are stored (MAX_SPANS of the signal group) may hide items, so found items are
    a lower bound then.
    """
    found_items: dict[str, set[int]] = {}
    n_documents: dict[str, int] = {}
    for column in span_columns:
        spans = column.flatten()
        documents = pc.list_parent_indices(column)
        names = spans.field("benchmark").dictionary_encode()
        codes, items = names.indices.to_numpy(), spans.field("item").to_numpy()
        for code, name in enumerate(names.dictionary.to_pylist()):
            is_its = codes == code
            found_items.setdefault(name, set()).update(np.unique(items[is_its]).tolist())
            n_documents[name] = n_documents.get(name, 0) + len(np.unique(documents.to_numpy()[is_its]))
    return tuple(
        Contamination(
            summary.benchmark,
            summary.n_items,
            summary.n_indexed_items,
            len(found_items.get(summary.benchmark, ())),
            n_documents.get(summary.benchmark, 0),
        )
        for summary in summaries
    )

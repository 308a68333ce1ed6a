"""Component labels of an edge table, by the method that its size asks for."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from dedup.components import solve_components
from dedup.lineage import materialised
from dedup.settings import DedupSettings
from dedup.star_contraction import star_contraction


def label_components(edges: DataFrame, settings: DedupSettings) -> DataFrame:
    """Label every node of `edges` with the smallest node of its component.

    In: a long, b long, cheap to read twice. Out, materialised: node long, label long. Up to
    `settings.max_edges_in_one_task` edges, one task solves the whole graph: the stars' four or more shuffled
    rounds cost more than moving 16 bytes an edge.
    """
    if edges.count() > settings.max_edges_in_one_task:
        return materialised(star_contraction(edges))
    return materialised(edges.repartition(1).mapInArrow(_solve_batches, "node long, label long"))


def _solve_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    parts = [np.column_stack([batch["a"].to_numpy(), batch["b"].to_numpy()]) for batch in batches]
    if not parts:
        return
    nodes, labels = solve_components(np.concatenate(parts))
    yield pa.RecordBatch.from_pydict({"node": pa.array(nodes), "label": pa.array(labels)})

"""Data-Juicer's operators, run on a data set as its executor runs them, in one process. A program of its own."""

import json
import sys
from pathlib import Path
from typing import Any

import datasets
from data_juicer.core.data import NestedDataset  # type: ignore[import-not-found]
from data_juicer.ops import load_ops  # type: ignore[import-not-found]
from loguru import logger

from benchmarks.harness import cpu_seconds
from benchmarks.near_clusters import texts_of

ALONE = {"num_proc": 1, "auto_op_parallelism": False}
FEW = 10  # documents that are not timed
FILTERS = (
    "text_length_filter",
    "maximum_line_length_filter",
    "average_line_length_filter",
    "words_num_filter",
    "word_repetition_filter",
)


def statistics(dataset: Any) -> dict[str, Any]:
    """Seconds of each filter's statistics of every document, and those: by document, name and value."""
    seconds = {}
    for name in FILTERS:
        (operator,) = load_ops([{name: ALONE}])
        operator.run(dataset.select(range(min(FEW, len(dataset)))), reduce=False)  # loads what it needs
        before = cpu_seconds()
        dataset = operator.run(dataset, reduce=False)
        seconds[name] = cpu_seconds() - before
    return {"seconds": sum(seconds.values()), "filters": seconds, "stats": list(dataset["__dj__stats__"])}


def minhash(dataset: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """Seconds of the whole operator, and the documents that stay."""
    (operator,) = load_ops([{"document_minhash_deduplicator": settings | ALONE}])
    operator.run(dataset.select(range(min(FEW, len(dataset)))))
    before = cpu_seconds()
    kept = operator.run(dataset)
    return {"seconds": cpu_seconds() - before, "kept": list(kept["row"])}


def main(request: dict[str, Any]) -> dict[str, Any]:
    """What the request asks of its texts."""
    logger.remove()
    datasets.disable_progress_bars()
    texts = texts_of([Path(request["corpus"])])
    dataset = NestedDataset.from_dict({"text": texts, "row": list(range(len(texts)))})
    return minhash(dataset, request["minhash"]) if "minhash" in request else statistics(dataset)


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))

"""JSON lines without their near duplicates, in one process: mixdown's functions as a program, without Spark."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather

from benchmarks.near_clusters import survivors, table_of


def main(corpus: str, out: str) -> None:
    """Read the files of the folder `corpus`, write the documents that stay to `out`."""
    table = table_of(sorted(Path(corpus).glob("*.jsonl")))
    found = survivors(table.column("text").combine_chunks().cast(pa.large_string()))
    feather.write_feather(table.filter(found == np.arange(len(found))), out, compression="uncompressed")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

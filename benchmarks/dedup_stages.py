"""Buckets and components of 100,000 signatures in one process, beside datatrove's stages 2 and 3 on the same ones.

Both begin with files of signatures and end with a file of removed documents. datatrove's are sorted already, as its
first stage leaves them (8 files a bucket, 14 buckets of 8 hashes of 64 bits); its buckets run one after the other, each
with one worker, and then its clustering. Ours have a row a document: once the bands in Parquet, as annotate stores
them, and once the signatures (112 lanes of 32 bits) as an array, which are hashed to bands first. `synthetic_bands.py`
says what the documents are. Which one of a cluster stays differs (datatrove keeps the one its union ends with), so the
clusters are compared.

CPU seconds on one core, medians of interleaved rounds (`--quick`: 20,000 signatures, one round).
"""

from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks import synthetic_bands
from benchmarks.datatrove_minhash import DatatroveMinhash
from benchmarks.harness import interleaved, machine, print_result, workspace
from dedup.bands import band_hashes
from dedup.in_process import band_matrix, near_labels

COUNT = 100_000
QUICK_COUNT = 20_000
ROUNDS = 3
TIMES = 50  # that of datatrove's speed which is asked for


def run(quick: bool) -> None:
    """Print both sides' seconds, compare the clusters, and the ratio."""
    count, rounds = (QUICK_COUNT, 1) if quick else (COUNT, ROUNDS)
    print(machine())
    with workspace() as folder:
        documents = synthetic_bands.documents(count)
        lanes = synthetic_bands.lanes_of_bands(documents.bands)
        peer = DatatroveMinhash(folder)
        peer.write_signatures(lanes)
        write_bands(folder / "bands.parquet", documents.bands)
        np.save(folder / "signatures.npy", lanes.astype(np.uint32).reshape(count, -1))
        seconds = interleaved(
            {
                "bands": partial(_from_bands, folder),
                "signatures": partial(_from_signatures, folder),
                "datatrove": peer.buckets_and_clusters,
            },
            rounds,
        )
        rows, labels = _from_bands(folder)
        _same_clusters(dict(zip(rows.tolist(), labels.tolist(), strict=True)), peer.clusters())
        assert np.array_equal(_from_signatures(folder)[1], labels)
    print(f"{count:,} documents, {np.sum(rows != labels):,} removed, the same clusters in both")
    for name, used in seconds.items():
        print(f"{name:10} {used:8.3f} CPU s  {count / used / 1e3:9.1f} thousand documents/s")
    for name in ("bands", "signatures"):
        print_result(f"buckets and components from {name}", seconds["datatrove"] / seconds[name], asked_for=TIMES)


def write_bands(path: Path, bands: NDArray[np.int64]) -> None:
    """The column `bands` as annotate stores it."""
    offsets = np.arange(len(bands) + 1, dtype=np.int32) * np.int32(bands.shape[1])
    column = pa.ListArray.from_arrays(offsets, bands.reshape(-1))
    pq.write_table(pa.table({"bands": column}), path, use_dictionary=False, compression="none")


def _from_bands(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    column = pq.read_table(folder / "bands.parquet").column("bands").combine_chunks()
    _, bands = band_matrix(column)
    return _removed(folder, bands)


def _from_signatures(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    lanes = np.load(folder / "signatures.npy")
    return _removed(folder, band_hashes(lanes, synthetic_bands.BANDS, synthetic_bands.ROWS))


def _removed(folder: Path, bands: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows, labels = near_labels(bands)
    gone = rows != labels
    pq.write_table(pa.table({"row": rows[gone], "survivor": labels[gone]}), folder / "removed.parquet")
    return rows, labels


def _same_clusters(ours: dict[int, int], theirs: dict[int, int]) -> None:
    """ValueError unless both have the same documents in the same clusters, whatever the clusters are called."""
    named = {(label, theirs.get(row)) for row, label in ours.items()}
    if ours.keys() != theirs.keys() or len(named) != len(set(ours.values())) or len(named) != len(set(theirs.values())):
        raise ValueError("clusters differ between mixdown and datatrove")


if __name__ == "__main__":
    run(quick=True)

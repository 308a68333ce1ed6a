"""datatrove's near deduplication in this process: its four stages, or stages 2 and 3 on signatures that are given."""

import os
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from datatrove.data import Document
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from loguru import logger
from numpy.typing import NDArray

RANKS = 8  # files of signatures, as of so many workers in its first stage


class DatatroveMinhash:
    """Its stages over `folder`; documents are numbered in the order of the ranks, and those in order."""

    def __init__(self, folder: Path, bands: int = 14, rows: int = 8) -> None:
        logger.remove()  # it logs every file
        os.environ["TQDM_DISABLE"] = "1"
        self._folder = folder
        self._config = MinhashConfig(num_buckets=bands, hashes_per_bucket=rows)
        self._first_of_rank: list[int] = []

    def sign(self, texts: list[str]) -> list[NDArray[np.uint64]]:
        """Stage 1, RANKS times; returns the shingles that it hashed of each document."""
        self._first_of_rank = [rank * len(texts) // RANKS for rank in range(RANKS)]
        stage: Any = MinhashDedupSignature(str(self._folder / "signatures"), config=self._config)
        # Its own passes text, which xxhash 4 refuses.
        stage._hash_func = lambda gram: xxhash.xxh64_intdigest(gram.encode())
        shingles: list[NDArray[np.uint64]] = []
        get_shingles = stage.get_shingles

        def get_and_remember(text: str) -> NDArray[np.uint64]:
            found: NDArray[np.uint64] = get_shingles(text)
            shingles.append(np.unique(found))
            return found

        stage.get_shingles = get_and_remember
        for rank, part in enumerate(self._parts(texts)):
            stage.run((Document(text=text, id="") for text in part), rank, RANKS)
        return shingles

    def write_signatures(self, lanes: NDArray[np.uint64]) -> None:
        """What stage 1 would have written for uint64[n, bands, rows]: sorted records, a file a band and rank."""
        count, bands, rows = lanes.shape
        self._first_of_rank = [rank * count // RANKS for rank in range(RANKS)]
        record = np.dtype([(f"lane{row}", "<u8") for row in range(rows)] + [("document", "<u4")])
        for band in range(bands):
            folder = self._folder / "signatures" / f"bucket_{band:03d}"
            folder.mkdir(parents=True)
            for rank, part in enumerate(self._parts(lanes)):
                records = np.empty(len(part), record)
                for row in range(rows):
                    records[f"lane{row}"] = part[:, band, row]
                records["document"] = np.arange(len(part))
                records.sort(order=record.names)
                records.tofile(folder / f"{rank:05d}.minhash.sig")

    def buckets_and_clusters(self) -> None:
        """Stages 2 and 3, a worker a bucket."""
        for name in ("pairs", "removed"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
        pairs, removed = str(self._folder / "pairs"), str(self._folder / "removed")
        stage2 = MinhashDedupBuckets(str(self._folder / "signatures"), pairs, config=self._config)
        for band in range(self._config.num_buckets):
            stage2.run(None, band, self._config.num_buckets)
        MinhashDedupCluster(pairs, removed, config=self._config, save_cluster_id=True).run(None, 0, 1)

    def clusters(self) -> dict[int, int]:
        """Document to the number of its cluster, of those that stage 3 found in one."""
        found = {}
        for rank, first in enumerate(self._first_of_rank):
            path = self._folder / "removed" / f"{rank:06d}.clusters"
            if path.exists():
                for document, cluster in struct.iter_unpack("<2I", path.read_bytes()):
                    found[first + document] = cluster
        return found

    def kept(self, texts: list[str]) -> NDArray[np.int64]:
        """Stage 4: the numbers of the documents that it lets pass."""
        passed = []
        stage = MinhashDedupFilter(str(self._folder / "removed"))
        for rank, part in enumerate(self._parts(texts)):
            first = self._first_of_rank[rank]
            documents = [Document(text=text, id=str(first + number)) for number, text in enumerate(part)]
            passed += [int(document.id) for document in stage.run(iter(documents), rank, RANKS)]
        return np.array(passed, np.int64)

    def removed(self) -> NDArray[np.int64]:
        """The numbers of the documents that stage 3 lists for removal, ascending."""
        found = []
        for rank, first in enumerate(self._first_of_rank):
            path = self._folder / "removed" / f"{rank:06d}.remove"
            if path.exists():
                found.append(np.fromfile(path, "<u4").astype(np.int64) + first)
        return np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)

    def _parts(self, items: Any) -> list[Any]:
        return [items[rank * len(items) // RANKS : (rank + 1) * len(items) // RANKS] for rank in range(RANKS)]

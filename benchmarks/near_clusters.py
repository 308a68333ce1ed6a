"""Near duplicates of JSON lines in one process, as mixdown finds them; and how a peer's clusters agree with them.

Two tools with other permutations never agree fully, for pairs about the threshold meet by chance. So ours with another
seed is the yardstick: a peer that differs from us by as much as we from ourselves does the same. `words_alone` takes
away what tools split differently.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.json as pj
from numpy.typing import NDArray

from benchmarks.jaccard_pairs import similar_pairs
from dedup.bands import band_hashes
from dedup.in_process import near_labels
from dedup.settings import DedupSettings
from dedup.shingle_sets import shingle_sets
from dedup.signatures import signatures

BANDS, ROWS, NGRAM = 14, 8, 5
ALIKE = 0.8
BLOCK_BYTES = 64 << 20
N_TRUTH = 1500  # documents
WORD = re.compile(r"[a-z0-9]+")


def texts_of(files: Sequence[Path]) -> list[str]:
    """The documents of files of JSON lines, in order."""
    return [json.loads(line)["text"] for path in files for line in path.open(encoding="utf-8")]


def table_of(files: Sequence[Path]) -> pa.Table:
    """The same as Arrow reads them, on one thread; a line must fit into BLOCK_BYTES."""
    options = pj.ReadOptions(block_size=BLOCK_BYTES, use_threads=False)
    return pa.concat_tables([pj.read_json(path, read_options=options) for path in files])


def words_alone(text: str) -> str:
    """The text's lower-case ASCII words with one space between: every tool finds the same words in that."""
    return " ".join(WORD.findall(text.lower()))


def write_lines(texts: Sequence[str], path: Path) -> Path:
    """JSON lines with `text` and `id`, the number of the text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for number, text in enumerate(texts):
            file.write(json.dumps({"text": text, "id": str(number)}, ensure_ascii=False) + "\n")
    return path


def survivors(column: pa.LargeStringArray, seed: int = 1) -> NDArray[np.int64]:
    """The first document of each one's cluster, itself where it has no near duplicate."""
    lanes, has_shingles = signatures(column, DedupSettings(ngram=NGRAM, bands=BANDS, rows=ROWS, seed=seed))
    signed = np.flatnonzero(has_shingles)
    rows, labels = near_labels(band_hashes(lanes[signed], BANDS, ROWS))
    found = np.arange(len(column))
    found[signed[rows]] = signed[labels]
    return found


def agreement(texts: Sequence[str], theirs: NDArray[np.int64]) -> dict[str, int]:
    """Of `survivors` of ours and theirs: documents removed by both and by one, and those that we miss of ourselves."""
    column = pa.array(texts, pa.large_string())
    removed = [found != np.arange(len(texts)) for found in (survivors(column), theirs, survivors(column, seed=2))]
    ours, them, again = removed
    return {
        "documents": len(texts),
        "removed_by_both": int(np.sum(ours & them)),
        "by_us_alone": int(np.sum(ours & ~them)),
        "by_them_alone": int(np.sum(them & ~ours)),
        "another_seed_removes_less": int(np.sum(ours & ~again)),
        "another_seed_removes_more": int(np.sum(again & ~ours)),
    }


def recall(texts: Sequence[str], theirs: NDArray[np.int64]) -> dict[str, int]:
    """Pairs of true similarity ALIKE and more, and how many share a cluster.

    By brute force over our shingles, so of the first N_TRUTH documents alone, which may be tied through others.
    """
    ours = survivors(pa.array(texts, pa.large_string()))
    sets = shingle_sets(pa.array(texts[:N_TRUTH], pa.large_string()), DedupSettings(ngram=NGRAM))
    pairs, similarity = similar_pairs(sets, ALIKE)
    i, j = pairs.T
    return {
        "alike_pairs": len(similarity),
        "of_these_equal": int(np.sum(similarity == 1)),
        "together_in_ours": int(np.sum(ours[i] == ours[j])),
        "together_in_theirs": int(np.sum(theirs[i] == theirs[j])),
    }

"""Near duplicates against the truth, and beside datatrove and datasketch: 14 bands of 8 rows over word 5-grams.

Documents are pages of documentation, crawls and source files (`documentation.py`; mirrored pages and translations are
natural near duplicates), and copies with seeded edits (`near_copies.py`). The truth is the Jaccard similarity of all
pairs by brute force (`jaccard_pairs.py`), over the shingles that the signatures are made of. Printed are

- recall: of the pairs of similarity 0.8 and more, those that share a band, beside what theory expects of their
  similarities, the mean of 1 - (1 - s^8)^14; the same for narrower ranges. As pairs of one cluster are not independent,
  it is done with several seeds of the permutations, and the standard error is that of their mean;
- precision: of the documents that are removed, those that are 0.8 similar to the survivor named for them
  (the pure functions that Spark's tasks call, on all documents in one process);
- macro-F1 of the clusters as text-dedup's benchmark counts it (`duplicate_scores.py`), where duplicates are the other
  documents of a component of pairs of 0.8 and more. mixdown and datasketch have the same shingles, datatrove makes its
  own from its own words, and mixdown's `fineweb` scheme the same as datatrove, so there are two truths, and each tool
  is judged by both. datasketch is its MinHashLSH with the same bands and rows, and the components of what its queries
  return.

`--quick`: a tenth of the documents, two seeds. Times are no subject here. Downloaded packages are kept in
build/bench-packages, or where MIXDOWN_BENCH_CORPUS says.
"""

from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.datatrove_minhash import DatatroveMinhash
from benchmarks.documentation import documents as real_documents
from benchmarks.documentation import packages_folder
from benchmarks.duplicate_scores import clusters, scores
from benchmarks.harness import machine, print_result, workspace
from benchmarks.jaccard_pairs import Pairs, Sets, similar_pairs
from benchmarks.near_copies import planted
from dedup.bands import band_hashes
from dedup.greedy import surviving
from dedup.in_process import near_labels
from dedup.settings import DedupSettings
from dedup.shingle_sets import shingle_sets
from dedup.signatures import Lanes, signatures
from pipelines.word_splitter import word_splitter

N_DOCUMENTS = 6000
N_PLANTED = 1000
MAX_CHARS = 3000  # of a document; datatrove would take hours for whole ones
SEEDS = (1, 2, 3, 4, 5)
THRESHOLD = 0.8
LEAST = 0.4  # similarity of pairs that are looked at
RANGES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)


def run(quick: bool) -> None:
    """Print recall, precision and macro-F1."""
    print(machine())
    with workspace() as folder:
        found_documents = real_documents(packages_folder())
        documents = [document._replace(text=document.text[:MAX_CHARS]) for document in found_documents]
        documents = documents[: N_DOCUMENTS // (10 if quick else 1)]
        copies = planted(documents, N_PLANTED // (10 if quick else 1), DedupSettings().ngram)
        texts = [document.text for document in [*documents, *copies]]
        sets = shingle_sets(pa.array(texts), DedupSettings())
        pairs = similar_pairs(sets, LEAST)
        print(
            f"{len(documents):,} documents and {len(copies):,} planted copies; pairs of {THRESHOLD} and more: "
            f"{np.sum(pairs[1] >= THRESHOLD):,}, of these equal: {np.sum(pairs[1] == 1):,}"
        )
        found = {seed: _signed(texts, DedupSettings(seed=seed)) for seed in SEEDS[: 2 if quick else None]}
        _recall(pairs, [bands for _, bands in found.values()])
        removals = {verify: _survivors(*found[1], sets, verify) for verify in ("none", "signature", "exact")}
        _precision(removals, pairs)
        peer = DatatroveMinhash(folder / "datatrove")
        their_sets = _as_sets(peer.sign(texts))
        peer.buckets_and_clusters()
        fineweb = _survivors(*_signed(texts, DedupSettings(scheme="fineweb")), sets, "none")
        tools = {
            **{f"mixdown, verify {name}": _clusters_of(survivors) for name, survivors in removals.items()},
            "mixdown, scheme fineweb": _clusters_of(fineweb),
            "datatrove": peer.clusters(),
            "datasketch": _datasketch(sets),
        }
        seeds = [_clusters_of(_survivors(*signed, sets, "none")) for signed in found.values()]
        for name, truth in {"mixdown's": pairs, "datatrove's": similar_pairs(their_sets, LEAST)}.items():
            _compare(f"{name} shingles", truth, tools, seeds, len(texts))


def _signed(texts: list[str], settings: DedupSettings) -> tuple[Lanes, NDArray[np.int64]]:
    """Lanes and bands; a document without a shingle has bands that no other has."""
    split = word_splitter(pa.array(["en"] * len(texts))) if settings.hashing == "datatrove" else None
    lanes, has_shingles = signatures(pa.array(texts), settings, split)
    bands = band_hashes(lanes, settings.bands, settings.rows)
    bands[~has_shingles] = np.arange((~has_shingles).sum() * settings.bands).reshape(-1, settings.bands)
    return lanes, bands


def theory(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability that a pair shares a band."""
    settings = DedupSettings()
    probability: NDArray[np.float64] = 1 - (1 - similarity**settings.rows) ** settings.bands
    return probability


def _recall(pairs: Pairs, bands_of_seeds: list[NDArray[np.int64]]) -> None:
    """Observed over the seeds beside expected, by range; and as a result that of THRESHOLD and more."""
    (i, j), similarity = pairs[0].T, pairs[1]
    met = np.stack([(bands[i] == bands[j]).any(axis=1) for bands in bands_of_seeds])
    ranges = [(low, high, (similarity >= low) & (similarity < high)) for low, high in pairwise(RANGES)]
    ranges.append((THRESHOLD, 1.0, (similarity >= THRESHOLD) & (similarity < 1)))
    ranges.append((THRESHOLD, 2.0, similarity >= THRESHOLD))
    print(f"\n{'similarity':>14} {'pairs':>10} {'expected':>9} {'recall':>9} {'std error':>9}")
    for low, high, chosen in ranges:
        if chosen.any():
            by_seed = met[:, chosen].mean(axis=1)
            expected, recall = float(theory(similarity[chosen]).mean()), float(by_seed.mean())
            error = float(by_seed.std(ddof=1) / len(by_seed) ** 0.5)
            name = f"{low:.2f} to {high:.2f}" if high <= 1 else f"{low:.2f} and more"
            print(f"{name:>14} {chosen.sum():10,} {expected:9.4f} {recall:9.4f} {error:9.4f}")
    print_result("recall over theory", recall / expected, recall=recall, expected=expected, standard_error=error)


def _survivors(lanes: Lanes, bands: NDArray[np.int64], sets: Sets, verify: str) -> NDArray[np.int64]:
    """Each document's survivor by mixdown's rules, itself included; documents are in their order of preference."""
    survivors = np.arange(len(bands))
    if verify == "none":
        rows, labels = near_labels(bands)
        survivors[rows] = labels
        return survivors
    known = np.zeros(len(bands), np.bool_)
    if verify == "signature":
        return surviving(bands, known, THRESHOLD, signatures=lanes.astype(np.uint32))
    values, offsets = sets
    return surviving(bands, known, THRESHOLD, shingles=(values.view(np.int64), offsets))


def _precision(removals: dict[str, NDArray[np.int64]], pairs: Pairs) -> None:
    """Of the removed, those truly THRESHOLD similar to their survivor."""
    alike = {(int(i), int(j)) for i, j in pairs[0][pairs[1] >= THRESHOLD]}
    print(f"\n{'verify':>10} {'removed':>8} {'like their survivor':>20}")
    for verify, survivors in removals.items():
        removed = np.flatnonzero(survivors != np.arange(len(survivors)))
        right = sum((int(survivors[row]), int(row)) in alike for row in removed)
        print(f"{verify:>10} {len(removed):8,} {right / len(removed):20.4f}")
        print_result(f"precision with verify {verify}", right / len(removed), removed=len(removed))


def _clusters_of(survivors: NDArray[np.int64]) -> dict[int, int]:
    """Survivors and removed ones to their survivor."""
    removed = np.flatnonzero(survivors != np.arange(len(survivors)))
    kept = np.unique(survivors[removed])
    return {int(row): int(survivors[row]) for row in [*removed, *kept]}


def _datasketch(sets: Sets) -> dict[int, int]:
    """The components of what MinHashLSH returns for each document, with mixdown's shingles."""
    from datasketch import MinHash, MinHashLSH

    settings = DedupSettings()
    index = MinHashLSH(num_perm=settings.lanes, params=(settings.bands, settings.rows))
    values, offsets = sets
    pairs = []
    for document in range(len(offsets) - 1):
        shingles = values[offsets[document] : offsets[document + 1]]
        if len(shingles):
            signature = MinHash(num_perm=settings.lanes, seed=settings.seed)
            signature.update_batch([shingle.tobytes() for shingle in shingles])
            pairs += [(other, document) for other in index.query(signature)]
            index.insert(document, signature)
    return clusters(np.array(pairs, np.int64).reshape(-1, 2))


def _as_sets(shingles: list[NDArray[np.uint64]]) -> Sets:
    return np.concatenate(shingles), np.cumsum([0, *(len(found) for found in shingles)], dtype=np.int64)


def _compare(
    name: str, truth: Pairs, tools: dict[str, dict[int, int]], seeds: list[dict[int, int]], count: int
) -> None:
    """Every tool's scores; and how much those of mixdown without verification vary with the permutations' seed."""
    labels = clusters(truth[0][truth[1] >= THRESHOLD])
    found = {tool: scores(labels, clustered, count) for tool, clustered in tools.items()}
    print(f"\ntruth over {name}: {len(labels):,} documents have a duplicate")
    print(f"{'':>26} precision  recall  of others: precision  recall  macro-F1  text-dedup's macro")
    for tool, score in found.items():
        print(
            f"{tool:>26} {score.precision:9.4f} {score.recall:7.4f} {score.precision_of_others:21.4f} "
            f"{score.recall_of_others:7.4f} {score.macro_f1:9.4f} {score.text_dedup_macro:19.4f}"
        )
    varied = [scores(labels, clustered, count).macro_f1 for clustered in seeds]
    print(f"macro-F1 of mixdown without verification, {len(varied)} seeds: {min(varied):.4f} to {max(varied):.4f}")
    best_peer = max(found["datatrove"].macro_f1, found["datasketch"].macro_f1)
    if tools["mixdown, scheme fineweb"].keys() == tools["datatrove"].keys():
        print("mixdown's scheme fineweb and datatrove put the same documents into clusters")
    for tool in (tool for tool in found if tool.startswith("mixdown")):
        print_result(f"macro-F1 by {name}: {tool} over the better peer", found[tool].macro_f1 / best_peer)


if __name__ == "__main__":
    run(quick=True)

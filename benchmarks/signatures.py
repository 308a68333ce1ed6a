"""MinHash signatures beside datatrove's, rensa's and datasketch's: 112 lanes over word 5-grams each, CPU time.

`make bench ONLY=signatures`. Documents are those of `benchmarks/documentation.py`, all split as English. datatrove's
signatures are compared with ours bit by bit. rensa and datasketch are given sets of shingles, which Python makes as
text-dedup does (runs of word characters in lower case); how fast they are with the shingles at hand is said, too.
Downloaded packages are kept in build/bench-packages, or where MIXDOWN_BENCH_CORPUS says.
"""

import re
from collections.abc import Callable
from itertools import chain
from typing import Any

import datasketch
import pyarrow as pa
import rensa
import xxhash
from datatrove.pipeline.dedup.minhash import MinhashDedupSignature

from benchmarks.documentation import documents, first_bytes, megabytes, packages_folder
from benchmarks.harness import interleaved, machine, print_result
from dedup.bands import band_hashes
from dedup.settings import DedupSettings
from dedup.signatures import signatures
from pipelines.word_splitter import word_splitter

TIMED_BYTES, TIMED_QUICK = 2_000_000, 200_000  # that the peers read
OUR_TIMES = 10  # as much text as that, so that both take long enough to be timed
LARGEST_CHARS = 50_000
ROUNDS = 5
NO_WORD = re.compile(r"\W+")

FINEWEB = DedupSettings(scheme="fineweb")
LANES = FINEWEB.lanes


def run(quick: bool) -> None:
    """Print whether signatures are equal, then speeds and ratios."""
    print(machine())
    texts = [text.text for text in documents(packages_folder()) if len(text.text) <= LARGEST_CHARS]
    compare(texts, TIMED_QUICK if quick else TIMED_BYTES)


def compare(texts: list[str], n_bytes: int) -> None:
    """The comparison on the first `n_bytes` of the texts."""
    theirs, ours = first_bytes(texts, n_bytes), first_bytes(texts, OUR_TIMES * n_bytes)
    step = datatrove_step()
    report_equality(step, theirs)
    prepared = [shingles_of(text) for text in theirs]
    column = pa.array(ours, pa.large_string())
    split = word_splitter(pa.array(["en"] * len(ours)))
    ours_by_name = {
        "ours, datatrove's scheme": FINEWEB,
        "ours": DedupSettings(),
        "ours, 5-grams of characters": DedupSettings(shingle="characters"),
    }
    candidates: dict[str, Callable[[], object]] = {
        name: lambda settings=settings: _signed(column, settings, split)  # type: ignore[misc]
        for name, settings in ours_by_name.items()
    } | {
        "datatrove": lambda: [step.get_signature(step.get_shingles(text)) for text in theirs],
        "rensa": lambda: rensa_signatures([shingles_of(text) for text in theirs]),
        "rensa, given the shingles": lambda: rensa_signatures(prepared),
        "datasketch": lambda: [datasketch_signature(shingles_of(text)) for text in theirs],
        "datasketch, given the shingles": lambda: [datasketch_signature(shingles) for shingles in prepared],
    }
    sizes = {name: megabytes(ours if name in ours_by_name else theirs) for name in candidates}
    speeds = {name: sizes[name] / seconds for name, seconds in interleaved(candidates, ROUNDS).items()}
    same = speeds["ours, datatrove's scheme"]
    for name, speed in speeds.items():
        print(f"{name:32} {speed:8.2f} MB per CPU second; our datatrove's scheme is {same / speed:6.1f} times as fast")
    peers = {name: round(same / speeds[name], 2) for name in ("rensa", "datasketch")}
    own = {f"own_scheme_to_{name}": round(speeds["ours"] / speeds[name], 2) for name in ("rensa", "datasketch")}
    print_result("signatures", same / speeds["datatrove"], **peers, **own)


def report_equality(step: MinhashDedupSignature, texts: list[str]) -> None:
    """Print how many documents have datatrove's signature, bit by bit, and how many neither signs."""
    lanes, has_shingles = signatures(pa.array(texts), FINEWEB, word_splitter(pa.array(["en"] * len(texts))))
    n_equal, n_unsigned = 0, 0
    for i, text in enumerate(texts):
        shingles = step.get_shingles(text)
        if shingles.size:
            n_equal += bool(has_shingles[i]) and lanes[i].tolist() == list(chain(*step.get_signature(shingles)))
        else:
            n_unsigned += not has_shingles[i]
    print(f"{len(texts):,} documents, {megabytes(texts):.1f} MB: {n_equal:,} equal signatures, {n_unsigned} unsigned")
    assert n_equal + n_unsigned == len(texts)


def datatrove_step() -> MinhashDedupSignature:
    """datatrove's step with its default settings."""
    step = MinhashDedupSignature("unused")
    # Since version 4, xxhash asks for the bytes that it made of text itself before.
    step._hash_func = lambda shingle: xxhash.xxh64_intdigest(shingle.encode())
    return step


def shingles_of(text: str) -> list[str]:
    """The 5-grams of words as text-dedup makes them, each once."""
    words = NO_WORD.split(text.lower())
    return list({" ".join(words[i : i + FINEWEB.ngram]) for i in range(len(words) - FINEWEB.ngram + 1)})


def rensa_signatures(shingles: list[list[str]]) -> Any:
    """rensa's fastest way: all documents in one call."""
    return rensa.RMinHash.digest_matrix_from_token_sets(shingles, LANES, 1)


def datasketch_signature(shingles: list[str]) -> Any:
    """datasketch's fastest way: all shingles of a document in one call, a hash faster than its default."""
    minhash = datasketch.MinHash(num_perm=LANES, hashfunc=_short_hash)
    minhash.update_batch([shingle.encode() for shingle in shingles])
    return minhash


def _short_hash(data: bytes) -> int:
    return int(xxhash.xxh3_64_intdigest(data)) & 0xFFFFFFFF


def _signed(column: pa.LargeStringArray, settings: DedupSettings, split: Any) -> Any:
    """Signatures and band hashes, as annotate makes them."""
    lanes, _ = signatures(column, settings, split)
    return band_hashes(lanes, settings.bands, settings.rows)

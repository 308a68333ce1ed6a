"""Published near-duplicate schemes by name: what each sets, and where it is from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SchemeName = Literal["fineweb", "starcoder2", "olmo3", "data-juicer"]


@dataclass(frozen=True)
class Scheme:
    """A published scheme."""

    source: str  # the paper or tool
    keys: Mapping[str, Any]  # of `DedupSettings`


SCHEMES: Mapping[str, Scheme] = {
    "fineweb": Scheme(
        "FineWeb (Penedo et al. 2024) as datatrove's MinhashConfig: 14 buckets of 8 hashes over word 5-grams",
        {"shingle": "words", "ngram": 5, "bands": 14, "rows": 8, "seed": 1, "hashing": "datatrove"},
    ),
    "starcoder2": Scheme(
        "StarCoder 2 (Lozhkov et al. 2024), text-dedup: word 5-grams, 250 permutations, threshold 0.7",
        {"shingle": "words", "ngram": 5, "bands": 25, "rows": 10, "threshold": 0.7},
    ),
    "olmo3": Scheme(
        "OLMo 3, Marin: 26 bands of 11 rows, candidates verified at 0.8",
        {"shingle": "words", "ngram": 5, "bands": 26, "rows": 11, "threshold": 0.8, "verify": "signature"},
    ),
    "data-juicer": Scheme(
        "Data-Juicer (Chen et al. 2024), document_minhash_deduplicator: 256 permutations as 32 bands of 8 rows, words",
        {"shingle": "words", "ngram": 5, "bands": 32, "rows": 8, "threshold": 0.7},
    ),
}

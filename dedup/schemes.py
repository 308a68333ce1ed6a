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


# What a scheme takes for words, and its hash functions, are this library's unless it says `hashing`: the same share of
# pairs is found, not the same pairs.
SCHEMES: Mapping[str, Scheme] = {
    "fineweb": Scheme(
        "FineWeb (Penedo et al. 2024) as datatrove's MinhashConfig: 14 buckets of 8 hashes over word 5-grams, which "
        "find half the pairs at (1/14)^(1/8) = 0.72",
        {
            "shingle": "words",
            "ngram": 5,
            "bands": 14,
            "rows": 8,
            "seed": 1,
            "hashing": "datatrove",
            "threshold": 0.72,
            "verify": "none",
        },
    ),
    "starcoder2": Scheme(
        "StarCoder 2 (Lozhkov et al. 2024), as text-dedup's scripts for The Stack v2: 250 permutations and threshold "
        "0.7, so 25 bands of 10 rows by datasketch's optimum, over 5-grams of runs of word characters in lower case",
        {"shingle": "words", "ngram": 5, "bands": 25, "rows": 10, "threshold": 0.7, "verify": "none"},
    ),
    "olmo3": Scheme(
        "OLMo 3 (Ai2 2025), as duplodocus's configurations: 26 bands of 11 rows, then true Jaccard similarity of 0.8; "
        "its 5-grams are of cl100k tokens, words here (Marin takes the same bands and rows over 5-grams of characters)",
        {"shingle": "words", "ngram": 5, "bands": 26, "rows": 11, "threshold": 0.8, "verify": "exact"},
    ),
    "data-juicer": Scheme(
        "Data-Juicer 2.0 (Chen et al. 2024), the paper's runs by its authors: 256 permutations as 32 bands of 8 rows. "
        "Threshold 0.7 and 5-grams of words are its operator's defaults, which would take 25 bands of 10",
        {"shingle": "words", "ngram": 5, "bands": 32, "rows": 8, "threshold": 0.7, "verify": "none"},
    ),
}

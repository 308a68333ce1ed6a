"""What a recipe may write under `dedup:`."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

# A signature is bands * rows lanes of 4 bytes per document; the largest scheme published so far
# (OLMo 3, Marin: 26 x 11) has 286.
MOST_LANES = 4096


class DedupSettings(BaseModel):
    """Which duplicates are removed, and how alike near duplicates are.

    Two documents whose word n-gram sets have Jaccard similarity s become candidates with probability
    1 - (1 - s^rows)^bands. The defaults are FineWeb's (Penedo et al. 2024): word 5-grams, 14 bands of 8 rows,
    which is 0.57 at s = 0.7 and 0.92 at s = 0.8.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    exact: bool = Field(default=True, description="remove documents equal up to runs of whitespace")
    near: bool = Field(default=True, description="remove near duplicates found by MinHash")
    ngram_words: int = Field(default=5, ge=1, le=64, description="words in a shingle")
    bands: int = Field(default=14, ge=1, description="bands; more of them find less similar documents")
    rows: int = Field(default=8, ge=1, description="lanes in a band; more of them ask for more similarity")
    seed: int = Field(default=1, ge=0, lt=2**64, description="seed of the MinHash permutations")
    max_edges_in_one_task: int = Field(
        default=50_000_000,
        ge=0,
        description="up to this many edges, one task solves the connected components, in about 125 bytes an "
        "edge; beyond, star contraction across the cluster does",
    )

    @model_validator(mode="after")
    def _lanes_are_bounded(self) -> Self:
        if self.lanes > MOST_LANES:
            raise ValueError(
                f"bands * rows = {self.bands} * {self.rows} = {self.lanes} lanes per document, "
                f"at most {MOST_LANES} are possible: lower `bands` or `rows`"
            )
        return self

    @property
    def lanes(self) -> int:
        """Length of a signature: bands * rows."""
        return self.bands * self.rows

"""What a recipe may write under `dedup:`."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dedup.optimum import best_bands
from dedup.repeats.settings import LineSettings, SubstringSettings
from dedup.schemes import SCHEMES, SchemeName

# A signature is bands * rows lanes; the largest scheme published so far (OLMo 3, Marin: 26 x 11) has 286.
MOST_LANES = 4096
SIGNATURE_KEYS = frozenset({"shingle", "ngram", "bands", "rows", "seed", "hashing"})  # those a signature depends on


class DedupSettings(BaseModel):
    """Which duplicates are removed, and how alike near duplicates are.

    Two documents whose shingle sets have Jaccard similarity s become candidates with probability
    1 - (1 - s^rows)^bands. The defaults are FineWeb's shape (Penedo et al. 2024): word 5-grams, 14 bands of 8 rows,
    which is 0.57 at s = 0.7 and 0.92 at s = 0.8.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # What is compared
    exact: bool = Field(default=True, description="remove documents equal up to runs of whitespace")
    urls: bool = Field(default=False, description="remove all but the best document of each canonical URL")
    near: bool = Field(default=True, description="remove near duplicates found by MinHash")
    scheme: SchemeName | None = Field(
        default=None, description="a published scheme, which fills in what is not given of the keys below"
    )
    shingle: Literal["words", "characters"] = Field(default="words", description="what a shingle is made of")
    ngram: int = Field(default=5, ge=1, le=64, description="words or characters in a shingle")
    bands: int = Field(default=14, ge=1, description="bands; more of them find less similar documents")
    rows: int = Field(default=8, ge=1, description="lanes in a band; more of them ask for more similarity")
    permutations: int | None = Field(
        default=None,
        ge=1,
        le=MOST_LANES,
        description="instead of bands and rows: as many lanes at most, in the bands and rows that err least about "
        "`threshold`",
    )
    seed: int = Field(default=1, ge=0, lt=2**64, description="seed of the MinHash permutations")
    hashing: Literal["mixdown", "datatrove"] = Field(
        default="mixdown", description="words and hashes of this library, or bit for bit datatrove's"
    )

    # Which of two alike documents goes
    threshold: float = Field(
        default=0.8, gt=0, le=1, description="Jaccard similarity from which on documents are near duplicates"
    )
    verify: Literal["none", "signature", "exact"] = Field(
        default="none",
        description="what is asked of candidates: nothing, an estimated similarity of `threshold` or more, or the true "
        "one of their shingles; where asked, it is that with the survivor itself",
    )
    prefer: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=("source",),
        description="which of a cluster survives, by the first of these that differs: source (the recipe's order), "
        "license (one that was found), stars, newest, oldest, longest, shortest, or a signal, highest first; then "
        "the smaller id",
    )
    scope: Literal["all", "group", "source"] = Field(
        default="all", description="documents are duplicates of others of any source, of their group, of their source"
    )
    repositories: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="remove a repository whole where at least this share of its files is, up to runs of whitespace, in "
        "one that is preferred",
    )
    incremental: bool = Field(
        default=False,
        description="sources are deduplicated in their order, each against the survivors of those before it, whose "
        "results stay as they are when a source is added",
    )

    # Repeats inside documents that survive
    lines: LineSettings | None = Field(default=None, description="cut repeated lines or paragraphs")
    substrings: SubstringSettings | None = Field(default=None, description="cut repeated spans of any bytes")

    max_documents_in_one_task: int = Field(
        default=200_000,
        ge=0,
        description="up to this many documents, one task does everything, in about a kilobyte a document, but for "
        "`repositories` and `verify: exact`; a cluster takes longer to plan it",
    )
    max_edges_in_one_task: int = Field(
        default=50_000_000,
        ge=0,
        description="up to this many edges, one task solves the connected components, in about 125 bytes an "
        "edge; beyond, star contraction across the cluster does",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        """The scheme's keys where the recipe gives none, and the bands and rows that suit the permutations."""
        if not isinstance(given, dict):
            return given
        filled = dict(SCHEMES[given["scheme"]].keys if given.get("scheme") in SCHEMES else {}) | given
        if filled.get("permutations") is not None:
            if {"bands", "rows"} & given.keys() and "permutations" in given:
                raise ValueError("`permutations` stands instead of `bands` and `rows`: give one or the others")
            if isinstance(filled["permutations"], int) and 1 <= filled["permutations"] <= MOST_LANES:
                most = filled.pop("permutations")  # said by bands and rows from here on
                filled["bands"], filled["rows"] = best_bands(float(filled.get("threshold", 0.8)), most)
        return filled

    @model_validator(mode="after")
    def _lanes_are_bounded(self) -> Self:
        if self.lanes > MOST_LANES:
            raise ValueError(
                f"bands * rows = {self.bands} * {self.rows} = {self.lanes} lanes per document, "
                f"at most {MOST_LANES} are possible: lower `bands` or `rows`"
            )
        if self.hashing == "datatrove" and self.shingle != "words":
            raise ValueError("datatrove's hashing knows shingles of words alone: leave out `shingle` or `hashing`")
        if self.hashing == "datatrove" and self.seed >= 2**32:
            raise ValueError("seeds of datatrove's hashing are below 2^32: choose another `seed`")
        return self

    @property
    def lanes(self) -> int:
        """Length of a signature: bands * rows."""
        return self.bands * self.rows

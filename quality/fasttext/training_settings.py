"""How a fastText classifier is trained."""

from pydantic import BaseModel, ConfigDict, Field


class TrainingSettings(BaseModel):
    """Settings of training; the defaults are DCLM's (Li et al. 2024) and, where it names none, fastText's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dim: int = Field(100, ge=1, le=4096, description="Dimensions of vectors.")
    word_ngrams: int = Field(2, ge=1, le=16, description="Longest n-gram of words.")
    epochs: int = Field(5, ge=1, le=1000, description="How often every document is seen.")
    lr: float = Field(0.1, gt=0, le=10, description="Learning rate at the beginning; it falls to zero in a line.")
    min_count: int = Field(1, ge=1, description="A word has a vector of its own when it stands so often.")
    buckets: int = Field(
        2_000_000, ge=1, le=1 << 28, description="Rows that n-grams are hashed into: 4 x dim bytes of the file each."
    )
    seed: int = Field(0, ge=0, lt=2**63, description="Of the first weights, the choice and the order of documents.")

"""One source's tokens: a number, how sure it is, and how it was found."""

from dataclasses import dataclass
from typing import Literal

How = Literal["exact", "stored", "sampled"]


@dataclass(frozen=True)
class SourceEstimate:
    """What one epoch of a source holds.

    `how` says where the number comes from: `exact` from token blocks; `stored` from documents in the lake, whose
    tokens per byte are sampled; `sampled` from some of the input, read now. The interval has 95 % confidence and
    covers the error of sampling alone, not what dedup will remove where `before_dedup` holds.
    """

    source: str
    documents: int
    tokens: int
    low_tokens: int | None  # None: too little was read to give an interval
    high_tokens: int | None
    how: How
    complete: bool = False  # every token was counted, so that low_tokens == tokens == high_tokens
    before_dedup: bool = True

    @property
    def relative_error(self) -> float | None:
        """Half the interval's width over the estimate; None without an interval."""
        if self.low_tokens is None or self.high_tokens is None:
            return None
        return (self.high_tokens - self.low_tokens) / 2 / self.tokens if self.tokens else 0.0

"""From judgements of both orders to a win rate, with what the order itself did."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipelines.evaluation.judge import Verdict
from trainer.evaluation.intervals import Interval, wilson

Outcome = Literal["win", "loss", "tie"]


@dataclass(frozen=True)
class WinRates:
    """Of the first checkpoint against the second, over prompts that were judged in both orders.

    A win is one in both orders; a disagreement between the orders is a tie (Zheng et al. 2023, section 3.4).
    """

    wins: int
    losses: int
    ties: int
    unreadable: int  # prompts with a judgement that names no verdict; they count nowhere else
    missing: int  # prompts with a judgement that could not be had
    flipped: int  # of the prompts that count: those where the order decided
    first_place: int  # of their judgements: those for whichever answer stood first
    second_place: int

    @property
    def prompts(self) -> int:
        """Those that count."""
        return self.wins + self.losses + self.ties

    @property
    def win_rate(self) -> Interval:
        """Wins and half the ties, as a share, with a 95 % interval (Wilson's: a little wide where there are ties)."""
        return wilson((self.wins + self.ties / 2) / self.prompts if self.prompts else math.nan, self.prompts)

    @property
    def first_place_share(self) -> Interval:
        """Of judgements that are no tie, the share for the answer that stood first: 0.5 for a judge without bias."""
        decided = self.first_place + self.second_place
        return wilson(self.first_place / decided if decided else math.nan, decided)

    def as_json(self) -> dict[str, Any]:
        """For the file of results; shares that nothing is known of are null."""
        return asdict(self) | {
            "prompts": self.prompts,
            "win_rate": _known(self.win_rate),
            "first_place_share": _known(self.first_place_share),
        }


def win_rates(judged: Iterable[tuple[Verdict | None, Verdict | None]]) -> WinRates:
    """`judged`: for each prompt the verdict with the first checkpoint's answer in first place, then in second.

    None where a judgement could not be had.
    """
    counts = dict.fromkeys(("win", "loss", "tie", "unreadable", "missing", "flipped", "first", "second"), 0)
    for straight, turned in judged:
        if straight is None or turned is None:
            counts["missing"] += 1
        elif "unreadable" in (straight, turned):
            counts["unreadable"] += 1
        else:
            counts[_outcome(straight, turned)] += 1
            counts["flipped"] += straight == turned != "tie"
            counts["first"] += (straight == "first") + (turned == "first")
            counts["second"] += (straight == "second") + (turned == "second")
    return WinRates(
        counts["win"],
        counts["loss"],
        counts["tie"],
        counts["unreadable"],
        counts["missing"],
        counts["flipped"],
        counts["first"],
        counts["second"],
    )


def _outcome(straight: Verdict, turned: Verdict) -> Outcome:
    if (straight, turned) == ("first", "second"):
        return "win"
    return "loss" if (straight, turned) == ("second", "first") else "tie"


def _known(interval: Interval) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in interval._asdict().items()}

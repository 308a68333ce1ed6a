"""From answers to scores: each task with its interval and its chance level, groups as means of tasks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trainer.evaluation.intervals import Interval, mean_of, paired_difference, wilson
from trainer.evaluation.items import Answer, Choices, Item
from trainer.evaluation.tasks import GROUPS, Task


@dataclass(frozen=True)
class Score:
    """Of a task or a group: the share of right answers with its 95 % interval, and what guessing gives."""

    score: float
    low: float
    high: float
    chance: float
    items: int
    tasks: int = 1
    cut: int = 0  # items of which the model could not read the beginning

    @property
    def is_chance(self) -> bool:
        """Whether guessing cannot be told from it: chance lies in the interval, or the score below chance."""
        return self.low <= self.chance

    def as_json(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self) | {"not_told_from_chance": self.is_chance}


def score_task(answers: Sequence[Answer], items: Mapping[str, Item]) -> Score:
    """Of one task that has items. Its chance level is the mean of one over the number of choices; 0 without choices."""
    right = sum(answer.correct for answer in answers)
    chances = [1 / len(item.continuations) if isinstance(item, Choices) else 0.0 for item in items.values()]
    chance = math.fsum(chances) / len(chances)
    cut = sum(answer.cut for answer in answers)
    return Score(*wilson(right / len(answers), len(answers)), chance, len(answers), cut=cut)


def score_groups(scores: Mapping[Task, Score]) -> dict[str, Score]:
    """The mean of every group that has a task here, in the groups' order; `other` tasks are in none."""
    groups = {}
    for group in GROUPS:
        members = [score for task, score in scores.items() if task.group == group]
        if members:
            mean = mean_of([Interval(member.score, member.low, member.high) for member in members])
            chance = math.fsum(member.chance for member in members) / len(members)
            counts = (sum(member.items for member in members), len(members), sum(member.cut for member in members))
            groups[group] = Score(*mean, chance, *counts)
    return groups


def compare(first: Sequence[Answer], second: Sequence[Answer]) -> Interval:
    """How much more of the same items the second answered right, with its 95 % interval."""
    if [answer.item for answer in first] != [answer.item for answer in second]:
        raise ValueError("answers to different items are not compared")
    return paired_difference([answer.correct for answer in first], [answer.correct for answer in second])

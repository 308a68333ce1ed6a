"""From answers to scores: each task with its interval and its chance level, groups as means of tasks."""

import math
from collections import Counter
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
    """Of one task that has items."""
    right = sum(answer.correct for answer in answers)
    cut = sum(answer.cut for answer in answers)
    return Score(*wilson(right / len(answers), len(answers)), chance_level(items), len(answers), cut=cut)


def chance_level(items: Mapping[str, Item]) -> float:
    """What can be had without reading the question; 0 without choices.

    The mean of one over the number of choices, or the share of the answer that is right most often: three of five
    questions of BoolQ are answered by yes, and a model of random weights may well say yes to all of them.
    """
    choices = [item for item in items.values() if isinstance(item, Choices)]
    if not choices:
        return 0.0
    # Where choices differ in what stands before them, as in WinoGrande, no answer is the same twice.
    labels = Counter(item.continuations[item.gold] for item in choices if len(set(item.continuations)) > 1)
    constant = max(labels.values(), default=0) / len(choices)
    return max(math.fsum(1 / len(item.continuations) for item in choices) / len(choices), constant)


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

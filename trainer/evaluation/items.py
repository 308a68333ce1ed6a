"""What a task asks, and what a model answered: three kinds of items, one kind of answer."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choices:
    """The likeliest of several texts is the answer: `contexts[i]` followed by `continuations[i]`."""

    contexts: tuple[str, ...]
    continuations: tuple[str, ...]
    gold: int


@dataclass(frozen=True)
class Question:
    """A text is generated, and something in it is compared with the answers that are accepted."""

    prompt: str
    accepted: tuple[str, ...]


@dataclass(frozen=True)
class CodeProblem:
    """A program is generated and passes its tests or not; `before` stands before what was generated."""

    prompt: str
    before: str
    tests: str
    entry_point: str


Item = Choices | Question | CodeProblem


@dataclass(frozen=True)
class Answer:
    """One model's answer to one item, kept as a line of JSON."""

    item: str  # the item's number in its file, or its own name
    correct: bool
    cut: bool  # whether the beginning of what was asked was left out, since it is longer than the model's rows
    details: dict[str, Any]  # what was answered and what was asked for

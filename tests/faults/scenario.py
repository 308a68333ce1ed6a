"""What a scenario is: a fault by name, and a function that lets it happen and checks what is promised."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.bench import Bench

Happen = Callable[[Bench], str]  # says what happened; AssertionError where a promise is broken


@dataclass(frozen=True)
class Scenario:
    """One fault.

    It begins with an empty lake, or (`on_finished_lake`) with one on which the command ran to its end, whose seconds
    are not lost. `quick` ones are of `make test`, all of them of `python -m tests.faults.run`.
    """

    name: str
    happen: Happen
    quick: bool = False
    on_finished_lake: bool = False


class Scenarios(list[Scenario]):
    """Those of one file, in order."""

    def __call__(self, name: str, quick: bool = False, on_finished_lake: bool = False) -> Callable[[Happen], Happen]:
        """Add the decorated function."""

        def decorate(happen: Happen) -> Happen:
            self.append(Scenario(name, happen, quick, on_finished_lake))
            return happen

        return decorate


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    fault: str
    happened: str
    seconds_lost: float


def run(scenario: Scenario, bench: Bench) -> Row:
    """Let it happen and take the time: what it took over an undisturbed run."""
    started = time.monotonic()
    happened = scenario.happen(bench)
    seconds = time.monotonic() - started
    lost = seconds if scenario.on_finished_lake else seconds - bench.undisturbed_seconds
    return Row(scenario.name, happened, lost)

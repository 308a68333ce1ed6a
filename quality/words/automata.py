"""Automata from regular expressions: what spaCy's rules match, as tables of states. Not needed at run time.

An automaton reads classes of characters and a boundary, which stands for whatever lies outside of a string. Its state
is the list of all ways in which the expression may still match, the preferred one first, so that it finds what
Python's backtracking engine would find, in one pass and without going back (as RE2 does, see Cox 2010, "Regular
Expression Matching in the Wild"). What an expression asks of its neighbours is read like the rest and subtracted from
the match again: an accepting state says by how much.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from re import _constants  # type: ignore[attr-defined]
from typing import Any

from quality.words.regular_expressions import ONE_CHARACTER, Alternative, Item, UnknownOperation
from quality.words.tables import BOUNDARY

Classes = frozenset[int]
ClassesOf = Callable[[Item], Classes]


@dataclass
class Automaton:
    """`steps[state]` maps a class to the next state (DEAD where absent); state 0 is dead, state 1 the start."""

    steps: list[dict[int, int]] = field(default_factory=lambda: [{}])
    overshoot: list[int] = field(default_factory=lambda: [-1])  # symbols read behind the match; -1: no match here


@dataclass
class _Way:
    """A place in the expression: read one of `classes` and go on, or branch (the preferred first), or match."""

    classes: Classes | None = None
    branches: list["_Way"] = field(default_factory=list)
    overshoot: int = -1


@cache
def _match(overshoot: int) -> _Way:
    """One object for each, so that states with equal matches are equal."""
    return _Way(overshoot=overshoot)


def prefix_automaton(alternatives: Sequence[Alternative], classes_of: ClassesOf, everything: Classes) -> Automaton:
    """Reads a string from its beginning, and a boundary behind it."""
    if any(alternative.behind for alternative in alternatives):
        raise UnknownOperation("what begins a string has nothing before it")
    return _automaton([_forward(alternative, classes_of, everything) for alternative in alternatives], ordered=True)


def infix_automaton(alternatives: Sequence[Alternative], classes_of: ClassesOf, everything: Classes) -> Automaton:
    """Reads the two classes before a place (boundaries outside of the string), then on from there, and a boundary."""
    ways = []
    for alternative in alternatives:
        way = _forward(alternative, classes_of, everything)
        behind = [classes_of(item) for item in alternative.behind]
        if len(behind) > 2:
            raise UnknownOperation("more than two characters before a match")
        for classes in reversed([everything] * (2 - len(behind)) + behind):
            way = _Way(classes, [way])
        ways.append(way)
    return _automaton(ways, ordered=True)


def suffix_automaton(alternatives: Sequence[Alternative], classes_of: ClassesOf) -> Automaton:
    """Reads a string from its end towards its beginning, and a boundary before it; the longest match counts."""
    ways = []
    for alternative in alternatives:
        if alternative.ahead:
            raise UnknownOperation("what ends a string has nothing behind it")
        way = _match(len(alternative.behind))
        for item in alternative.behind:
            way = _Way(classes_of(item), [way])
        ways.append(_sequence(list(alternative.body), way, classes_of, backwards=True))
    return _automaton(ways, ordered=False)


def whole_automaton(alternatives: Sequence[Alternative], classes_of: ClassesOf) -> Automaton:
    """Reads a whole string and a boundary behind it; matches there or nowhere."""
    if any(alternative.behind or alternative.ahead for alternative in alternatives):
        raise UnknownOperation("a whole string has nothing around it")
    end = _Way(frozenset([BOUNDARY]), [_match(1)])
    ways = [_sequence(list(alternative.body), end, classes_of, backwards=False) for alternative in alternatives]
    return _automaton(ways, ordered=False)


def _forward(alternative: Alternative, classes_of: ClassesOf, everything: Classes) -> _Way:
    way = _match(len(alternative.ahead))
    for item in reversed(alternative.ahead):
        classes = classes_of(item)
        way = _Way(everything - classes if alternative.not_ahead else classes, [way])
    return _sequence(list(alternative.body), way, classes_of, backwards=False)


def _sequence(items: list[Item], then: _Way, classes_of: ClassesOf, backwards: bool) -> _Way:
    """The way through `items` (from the last to the first if `backwards`) that goes on with `then`."""
    for item in items if backwards else reversed(items):
        then = _through(item, then, classes_of, backwards)
    return then


def _through(item: Item, then: _Way, classes_of: ClassesOf, backwards: bool) -> _Way:
    operation, argument = item
    if operation in ONE_CHARACTER:
        return _Way(classes_of(item), [then])
    if operation is _constants.BRANCH:
        return _Way(branches=[_sequence(list(branch), then, classes_of, backwards) for branch in argument[1]])
    if operation is _constants.SUBPATTERN:
        return _sequence(list(argument[3]), then, classes_of, backwards)
    if operation is _constants.MAX_REPEAT:
        return _repeated(argument, then, classes_of, backwards)
    raise UnknownOperation(str(operation))


def _repeated(argument: Any, then: _Way, classes_of: ClassesOf, backwards: bool) -> _Way:
    least, most, items = argument
    way = then
    if most is _constants.MAXREPEAT:
        way = _Way()
        way.branches = [_sequence(list(items), way, classes_of, backwards), then]
    else:
        for _ in range(most - least):
            way = _Way(branches=[_sequence(list(items), way, classes_of, backwards), then])
    for _ in range(least):
        way = _sequence(list(items), way, classes_of, backwards)
    return way


def _automaton(ways: Sequence[_Way], ordered: bool) -> Automaton:
    """The least automaton; where `ordered`, a way that matches ends all less preferred ones."""
    return _least(_all_states(ways, ordered))


def _all_states(ways: Sequence[_Way], ordered: bool) -> Automaton:
    automaton = Automaton()
    numbers: dict[tuple[int, ...], int] = {}
    waiting: list[list[_Way]] = []

    def number_of(places: list[_Way]) -> int:
        key = tuple(map(id, places)) if ordered else tuple(sorted(map(id, places)))
        if key not in numbers:
            numbers[key] = len(automaton.steps)
            matches = [place.overshoot for place in places if place.classes is None]
            automaton.steps.append({})
            automaton.overshoot.append(min(matches, default=-1))
            waiting.append(places)
        return numbers[key]

    number_of(_places(ways, ordered))
    done = 1
    while done < len(automaton.steps):
        for class_, following in _following(waiting[done - 1]).items():
            automaton.steps[done][class_] = number_of(_places(following, ordered))
        done += 1
    return automaton


def _following(places: Sequence[_Way]) -> Mapping[int, list[_Way]]:
    following: dict[int, list[_Way]] = {}
    for place in places:
        for class_ in sorted(place.classes or ()):
            following.setdefault(class_, []).extend(place.branches)
    return following


def _places(ways: Sequence[_Way], ordered: bool) -> list[_Way]:
    """Where the ways stand once all branches are taken: at sets of characters, or at a match."""
    places: dict[int, _Way] = {}
    seen: set[int] = set()
    stack = list(reversed(ways))
    while stack:
        way = stack.pop()
        if id(way) in seen:
            continue
        seen.add(id(way))
        if way.classes is None and way.overshoot < 0:
            stack.extend(reversed(way.branches))
            continue
        places[id(way)] = way
        if way.classes is None and ordered:
            break  # what is less preferred than a match cannot win any more
    return list(places.values())


def _least(automaton: Automaton) -> Automaton:
    """The automaton with states that cannot be told apart made one (Moore 1956)."""
    blocks = list(automaton.overshoot)
    n_blocks = 0
    while n_blocks < len(set(blocks)):
        n_blocks = len(set(blocks))
        numbers: dict[object, int] = {}
        kinds = [
            (block, frozenset((class_, blocks[to]) for class_, to in steps.items()))
            for block, steps in zip(blocks, automaton.steps, strict=True)
        ]
        blocks = [numbers.setdefault(kind, len(numbers)) for kind in kinds]
    least = Automaton([{} for _ in range(n_blocks)], [-1] * n_blocks)
    for state, block in enumerate(blocks):  # states are numbered in the order in which they first occur: 0 and 1 stay
        least.overshoot[block] = automaton.overshoot[state]
        least.steps[block] = {class_: blocks[to] for class_, to in automaton.steps[state].items()}
    return least

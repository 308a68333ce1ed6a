"""Reading spaCy's regular expressions, for the automata of quality/words/automata.py. Not needed at run time.

spaCy keeps a language's rules as three expressions: what is cut off a chunk's beginning, off its end, and what parts
its inside. Python's own parser reads them. Here an expression becomes its alternatives, in order, each with what must
stand before it and after it; and every set of characters in them becomes a bitmap over all of Unicode.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
import numpy.typing as npt

Item = tuple[Any, Any]  # an operation of Python's parser with its argument
Bitmap = npt.NDArray[np.bool_]

N_CODE_POINTS = 0x110000
SURROGATES = range(0xD800, 0xE000)  # in no text, so in no set
CHARACTERS = "".join(" " if code_point in SURROGATES else chr(code_point) for code_point in range(N_CODE_POINTS))

IGNORECASE = int(re.IGNORECASE)

ONE_CHARACTER = (_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY)


@dataclass(frozen=True)
class Alternative:
    """One alternative: `body` between what `behind` and `ahead` ask of its neighbours, sets of one character each."""

    behind: tuple[Item, ...]
    body: tuple[Item, ...]
    ahead: tuple[Item, ...]
    not_ahead: bool  # `ahead` is one set that must not follow


class UnknownOperation(ValueError):
    """An expression uses what no automaton here knows."""


def parsed(pattern: str) -> tuple[list[Item], int]:
    """The operations of an expression, and its flags."""
    tree = _parser.parse(pattern)
    return list(tree), tree.state.flags


def alternatives(items: Sequence[Item]) -> list[Alternative]:
    """The alternatives of an expression, without the anchors at its beginning and its end."""
    return [_alternative(flat) for flat in _flattened(list(items))]


def is_anchored(items: Sequence[Item], end: bool) -> bool:
    """Whether the expression matches at the end (else: the beginning) of a string alone."""
    anchor = _constants.AT_END if end else _constants.AT_BEGINNING
    ways = _flattened(list(items))
    return all(flat and flat[-1 if end else 0] == (_constants.AT, anchor) for flat in ways)


def _flattened(items: list[Item]) -> Iterator[list[Item]]:
    """All ways through the outermost branches, in the order in which they are tried."""
    for i, (operation, argument) in enumerate(items):
        if operation is _constants.BRANCH and _is_outermost(items, i):
            for branch in argument[1]:
                yield from _flattened([*items[:i], *branch, *items[i + 1 :]])
            return
        if operation is _constants.SUBPATTERN and _holds_assertion(argument[3]):
            if argument[1] or argument[2]:
                raise UnknownOperation("flags inside of a group")
            yield from _flattened([*items[:i], *argument[3], *items[i + 1 :]])
            return
    yield items


def _is_outermost(items: list[Item], at: int) -> bool:
    """Whether only anchors, assertions and single characters stand beside the branch: its ways can be told apart."""
    beside = [operation for i, (operation, _) in enumerate(items) if i != at]
    known = (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT, *ONE_CHARACTER)
    return all(operation in known for operation in beside)


def _holds_assertion(items: Sequence[Item]) -> bool:
    return any(operation in (_constants.ASSERT, _constants.ASSERT_NOT, _constants.AT) for operation, _ in items)


def _alternative(items: list[Item]) -> Alternative:
    items = [item for item in items if item[0] is not _constants.AT]
    behind: tuple[Item, ...] = ()
    ahead: tuple[Item, ...] = ()
    not_ahead = False
    if items and items[0][0] is _constants.ASSERT and items[0][1][0] < 0:
        behind = tuple(items.pop(0)[1][1])
    if items and items[-1][0] in (_constants.ASSERT, _constants.ASSERT_NOT) and items[-1][1][0] > 0:
        operation, (_, sets) = items.pop()
        ahead = tuple(sets)
        not_ahead = operation is _constants.ASSERT_NOT
    if not all(operation in ONE_CHARACTER for operation, _ in behind + ahead) or (not_ahead and len(ahead) > 1):
        raise UnknownOperation(f"a condition on more than characters: {behind + ahead}")
    return Alternative(behind, tuple(items), ahead, not_ahead)


def sets_in(items: Sequence[Item]) -> Iterator[Item]:
    """Every operation on one character that occurs in `items`."""
    for operation, argument in items:
        if operation in ONE_CHARACTER:
            yield operation, argument
        elif operation is _constants.BRANCH:
            for branch in argument[1]:
                yield from sets_in(branch)
        elif operation is _constants.SUBPATTERN:
            yield from sets_in(argument[3])
        elif operation is _constants.MAX_REPEAT:
            yield from sets_in(argument[2])
        elif operation in (_constants.ASSERT, _constants.ASSERT_NOT):
            yield from sets_in(argument[1])
        elif operation is not _constants.AT:
            raise UnknownOperation(str(operation))


def bitmap(item: Item, flags: int) -> Bitmap:
    """The code points that an operation on one character matches, shape (0x110000,); found by Python's own engine."""
    state = _parser.State()
    state.flags = flags
    matcher = _compiler.compile(_parser.SubPattern(state, [item]), flags)
    found = np.zeros(N_CODE_POINTS, np.bool_)
    found[[match.start() for match in matcher.finditer(CHARACTERS)]] = True
    found[SURROGATES.start : SURROGATES.stop] = False
    return found


def set_bitmap(expression: str) -> Bitmap:
    """The code points that an expression of one character matches, shape (0x110000,)."""
    found = np.zeros(N_CODE_POINTS, np.bool_)
    found[[match.start() for match in re.finditer(expression, CHARACTERS)]] = True
    found[SURROGATES.start : SURROGATES.stop] = False
    return found

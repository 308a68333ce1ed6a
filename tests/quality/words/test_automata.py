"""Automata against Python's own engine."""

import re
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.words import automata, regular_expressions
from quality.words.automata import Automaton
from quality.words.regular_expressions import Item, UnknownOperation
from quality.words.tables import BOUNDARY

ALPHABET = "ab.-0"
CLASS_OF = {character: i for i, character in enumerate(ALPHABET, 1)}
EVERYTHING = frozenset([BOUNDARY, *CLASS_OF.values()])

strings = st.text(ALPHABET, max_size=8)


@cache
def alternatives(pattern: str) -> tuple[list[regular_expressions.Alternative], Callable[[Item], frozenset[int]]]:
    items, flags = regular_expressions.parsed(pattern)

    bitmaps = {str(item): regular_expressions.bitmap(item, flags) for item in regular_expressions.sets_in(items)}

    def classes_of(item: Item) -> frozenset[int]:
        return frozenset(class_ for character, class_ in CLASS_OF.items() if bitmaps[str(item)][ord(character)])

    return regular_expressions.alternatives(items), classes_of


def last_match(automaton: Automaton, symbols: list[int]) -> int:
    """Where the last accepting state says that the match ends; -1 for none."""
    state, found = 1, automaton.overshoot[1]
    for n_read, symbol in enumerate(symbols, 1):
        state = automaton.steps[state].get(symbol, 0)
        if automaton.overshoot[state] >= 0:
            found = n_read - automaton.overshoot[state]
    return found


@pytest.mark.parametrize("pattern", ["^ab|^a", "^a|^ab", r"^\.\.+|^a-|^-(?![0b])", "^a(?=[b0])|^ab", "^(?:a|ab)b?"])
@settings(max_examples=200, deadline=None)
@given(strings)
def test_prefixes(pattern: str, text: str) -> None:
    automaton = automata.prefix_automaton(*alternatives(pattern), EVERYTHING)
    match = re.match(pattern, text)
    assert last_match(automaton, [*map(CLASS_OF.get, text), BOUNDARY]) == (match.end() if match else -1)


@pytest.mark.parametrize("pattern", [r"(?<=0)(?:a|ba)$|-$", r"\.\.+$|(?<=[ab][ab])\.$", "(?<=a)b$|ab$", "(?<=-)(a|b)$"])
@settings(max_examples=200, deadline=None)
@given(strings)
def test_suffixes(pattern: str, text: str) -> None:
    parts, classes_of = alternatives(pattern)
    automaton = automata.suffix_automaton(parts, classes_of)
    state, longest = 1, 0
    for n_read, symbol in enumerate([*map(CLASS_OF.get, reversed(text)), BOUNDARY], 1):
        state = automaton.steps[state].get(symbol or 0, 0)
        if automaton.overshoot[state] >= 0:
            longest = max(longest, n_read - automaton.overshoot[state])
    match = re.search(pattern, text)
    assert longest == (len(match[0]) if match else 0)


@pytest.mark.parametrize(
    "pattern", [r"(?<=[ab])-(?=[ab])|--|\.\.+", "(?<=a)(?=b)", "(?<=ab)(?:-|--)(?=0)|0", "-|(?<=a)-0"]
)
@settings(max_examples=200, deadline=None)
@given(strings)
def test_infixes(pattern: str, text: str) -> None:
    automaton = automata.infix_automaton(*alternatives(pattern), EVERYTHING)
    for at in range(len(text)):
        symbols = [BOUNDARY, BOUNDARY, *map(CLASS_OF.get, text), BOUNDARY][at:]
        found = last_match(automaton, symbols)
        match = re.compile(pattern).match(text, at)
        assert (found - 2 if found >= 0 else -1) == (match.end() - at if match else -1)


@pytest.mark.parametrize("pattern", ["^a-b*$|^b+-a$", "^a{2,3}$|^(?:ab)?0$"])
@settings(max_examples=200, deadline=None)
@given(strings)
def test_wholes(pattern: str, text: str) -> None:
    automaton = automata.whole_automaton(*alternatives(pattern))
    found = last_match(automaton, [*map(CLASS_OF.get, text), BOUNDARY])
    assert (found == len(text)) == (re.match(pattern, text) is not None)


@pytest.mark.parametrize("pattern", ["^a*?", "^(a)\\1", "^a(?<!b)b", "(?<=aab)-"])
def test_what_no_automaton_can_do_is_refused(pattern: str) -> None:
    def build() -> None:
        automata.infix_automaton(*alternatives(pattern), EVERYTHING)

    with pytest.raises(UnknownOperation):
        build()

"""Make quality/words/tables.npz from spaCy's rules: `python -m quality.words.make_tables`.

The table is shipped, so that words are the same on every machine and spaCy is not needed there. It is made from the
very expressions and special cases that spaCy's tokenizers hold, for every language in LANGUAGES.
"""

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import spacy
from spacy.lang.char_classes import ALPHA_LOWER

from quality.words import automata, regular_expressions
from quality.words.automata import Automaton
from quality.words.regular_expressions import Item
from quality.words.special_tables import special_tables
from quality.words.splitters import LANGUAGES
from quality.words.tables import BOUNDARY, HOST, LOWER, NUMERAL, SPACE_CLASS, WORD_CHARACTER

TABLES = Path(__file__).with_name("tables.npz")
EXPRESSIONS = ("prefix", "suffix", "infix", "whole")

# What URL_PATTERN (spacy/lang/tokenizer_exceptions.py) asks of characters; its structure is quality/words/urls.py.
URL_SETS = {
    WORD_CHARACTER: r"\w",
    NUMERAL: r"\d",
    HOST: "[A-Za-z0-9\u00a1-\uffff]",
    LOWER: f"[{ALPHA_LOWER}]",
}

Key = tuple[str, bool]  # an operation on one character as text, and whether case counts


def make_tables() -> Mapping[str, npt.NDArray[Any]]:
    """All arrays of the shipped file, by name."""
    tokenizers = {language: spacy.blank(language).tokenizer for language in LANGUAGES}
    expressions = {
        (language, name): parsed
        for language, tokenizer in tokenizers.items()
        for name, parsed in _expressions(tokenizer).items()
    }
    bitmaps = _bitmaps(expressions)
    classes = _classes(bitmaps)
    members = {key: frozenset(np.unique(classes[bitmap]).tolist()) for key, bitmap in bitmaps.items()}
    machines = {
        key: _machine(key[1], items, flags, members, frozenset(range(int(classes.max()) + 1)))
        for key, (items, flags) in expressions.items()
    }
    order, last_letter, last_digit = _order(
        classes, {key: machine for key, machine in machines.items() if key[1] != "whole"}
    )
    classes = order[classes]
    return (
        {
            "code_point_classes": classes,
            "last_letter": np.array(last_letter),
            "last_digit": np.array(last_digit),
            "url_bits": _url_bits(classes),
            "spacy_version": np.array(version("spacy")),
        }
        | _state_tables(machines, order)
        | special_tables(tokenizers)
    )


def _expressions(tokenizer: Any) -> dict[str, tuple[list[Item], int]]:
    """The parsed expressions of a tokenizer and their flags; checked to be what the automata take them for."""
    found = {
        "prefix": regular_expressions.parsed(tokenizer.prefix_search.__self__.pattern),
        "suffix": regular_expressions.parsed(tokenizer.suffix_search.__self__.pattern),
        "infix": regular_expressions.parsed(tokenizer.infix_finditer.__self__.pattern),
    }
    if tokenizer.token_match is not None:
        found["whole"] = regular_expressions.parsed(tokenizer.token_match.__self__.pattern)
    for name, (items, _) in found.items():
        anchored = {end: regular_expressions.is_anchored(items, end) for end in (False, True)}
        if anchored != {False: name in ("prefix", "whole"), True: name in ("suffix", "whole")}:
            raise regular_expressions.UnknownOperation(f"a {name} that is anchored as {anchored}")
        if regular_expressions.n_anchors(items) != {sum(anchored.values())}:
            raise regular_expressions.UnknownOperation(f"a {name} with another anchor")
    return found


def _key(item: Item, flags: int) -> Key:
    return str(item), bool(flags & regular_expressions.IGNORECASE)


def _bitmaps(expressions: Mapping[Any, tuple[list[Item], int]]) -> dict[Key, regular_expressions.Bitmap]:
    """Every set of characters in the expressions."""
    found: dict[Key, regular_expressions.Bitmap] = {}
    for items, flags in expressions.values():
        for item in regular_expressions.sets_in(items):
            if _key(item, flags) not in found:
                found[_key(item, flags)] = regular_expressions.bitmap(item, flags)
    return found


def _classes(bitmaps: Mapping[Key, regular_expressions.Bitmap]) -> npt.NDArray[np.uint16]:
    """Number the coarsest classes that every set is a union of; BOUNDARY has none of the code points.

    Whitespace is one class: no chunk holds any.
    """
    digits = regular_expressions.set_bitmap("[0-9]")
    letters = np.array([character.isalpha() for character in regular_expressions.CHARACTERS])
    spaces = np.array([character.isspace() for character in regular_expressions.CHARACTERS])
    spaces[regular_expressions.SURROGATES.start : regular_expressions.SURROGATES.stop] = False
    url_sets = [regular_expressions.set_bitmap(expression) for expression in URL_SETS.values()]
    sets = [digits, letters, *url_sets, *bitmaps.values()]
    draw = np.random.default_rng(0)
    marks = np.zeros(regular_expressions.N_CODE_POINTS, np.uint64)
    for bitmap in sets:
        marks[bitmap] ^= draw.integers(1 << 63, dtype=np.uint64)
    marks[spaces] = draw.integers(1 << 63, dtype=np.uint64)
    _, first, classes = np.unique(marks, return_index=True, return_inverse=True)
    for bitmap in sets:  # a set that the marks did not tell apart from another would be split here
        if not np.array_equal(bitmap[first][classes][~spaces], bitmap[~spaces]):
            raise AssertionError("two sets have one mark")
    return (classes + BOUNDARY + 1).astype(np.uint16)


def _machine(
    name: str, items: list[Item], flags: int, members: Mapping[Key, frozenset[int]], everything: frozenset[int]
) -> Automaton:
    def classes_of(item: Item) -> frozenset[int]:
        return members[_key(item, flags)]

    alternatives = regular_expressions.alternatives(items)
    if name == "prefix":
        return automata.prefix_automaton(alternatives, classes_of, everything)
    if name == "suffix":
        return automata.suffix_automaton(alternatives, classes_of)
    if name == "infix":
        return automata.infix_automaton(alternatives, classes_of, everything)
    return automata.whole_automaton(alternatives, classes_of)


def _order(
    classes: npt.NDArray[np.uint16], machines: Mapping[tuple[str, str], Automaton]
) -> tuple[npt.NDArray[np.uint16], int, int]:
    """New numbers of the classes: boundary, space, plain letters, digits, others; and the last of letters and digits.

    Letters are plain if no rule of any language finds anything in a chunk of such letters alone, and the same holds
    for digits, so that such chunks need no automaton.
    """
    code_point_of = dict(zip(classes.tolist(), range(len(classes)), strict=True))
    representative = {class_: chr(code_point) for class_, code_point in code_point_of.items()}
    space = [class_ for class_, character in representative.items() if character.isspace()]
    letters = [class_ for class_, character in representative.items() if character.isalpha()]
    digits = [class_ for class_, character in representative.items() if character in set("0123456789")]
    letters = [class_ for class_ in letters if all(_is_plain(frozenset([class_]), m) for m in machines.values())]
    bad = {key for key, machine in machines.items() for g in (letters, digits) if not _is_plain(frozenset(g), machine)}
    if len(space) != 1 or bad:
        raise AssertionError(f"letters or digits are not plain: {sorted(bad)}")
    others = sorted(representative.keys() - {*space, *letters, *digits})
    numbers = np.zeros(int(classes.max()) + 1, np.uint16)
    for number, class_ in enumerate([*space, *sorted(letters), *sorted(digits), *others], SPACE_CLASS):
        numbers[class_] = number
    return numbers, SPACE_CLASS + len(letters), SPACE_CLASS + len(letters) + len(digits)


def _is_plain(group: frozenset[int], machine: Automaton) -> bool:
    """Whether the automaton cannot accept anything that is made of the group's classes and boundaries."""
    seen = {1}
    stack = [1]
    while stack:
        for class_, state in machine.steps[stack.pop()].items():
            if class_ in group | {BOUNDARY} and state not in seen:
                seen.add(state)
                stack.append(state)
    return all(machine.overshoot[state] < 0 for state in seen)


def _state_tables(
    machines: Mapping[tuple[str, str], Automaton], order: npt.NDArray[np.uint16]
) -> dict[str, npt.NDArray[Any]]:
    """All automata in one table of states; where each splitter's begin. Equal automata are there once."""
    starts = np.zeros((1 + len(LANGUAGES), len(EXPRESSIONS)), np.uint16)  # row 0: the simple splitter has none
    steps: list[dict[int, int]] = [{}]
    overshoot = [-1]
    known: dict[str, int] = {}
    for (language, name), machine in machines.items():
        key = repr(machine)
        if key not in known:
            known[key] = len(steps)
            moved = len(steps) - 1  # state 0 is shared
            steps += [{int(order[c]): to + moved for c, to in step.items()} for step in machine.steps[1:]]
            overshoot += machine.overshoot[1:]
        starts[1 + LANGUAGES.index(language), EXPRESSIONS.index(name)] = known[key]
    table = np.zeros((len(steps), int(order.max()) + 1), np.uint16)
    for state, step in enumerate(steps):
        table[state, list(step)] = list(step.values())
    return {"start_states": starts, "next_states": table, "overshoot": np.array(overshoot, np.int8)}


def _url_bits(classes: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    bits = np.zeros(int(classes.max()) + 1, np.uint8)
    for bit, expression in URL_SETS.items():
        bits[np.unique(classes[regular_expressions.set_bitmap(expression)])] |= bit
    return bits


def tables_sha256(tables: Mapping[str, npt.NDArray[Any]]) -> str:
    """A hash of names, types, shapes and values."""
    digest = hashlib.sha256()
    for name, array in sorted(tables.items()):
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def stored_tables() -> Mapping[str, npt.NDArray[Any]]:
    """What the shipped file holds."""
    with np.load(TABLES) as stored:
        return dict(stored)


def main() -> None:
    """Write the tables beside this file and print their hash, for SHA256 in quality/words/tables.py."""
    tables = make_tables()
    np.savez_compressed(TABLES, **tables)  # type: ignore[arg-type]
    print(tables_sha256(tables))
    for name, array in tables.items():
        print(name, array.dtype, array.shape)


if __name__ == "__main__":
    main()

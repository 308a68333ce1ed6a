"""Licence expressions as signals: an SPDX expression becomes the choices that it offers.

"MIT OR (Apache-2.0 AND BSD-3-Clause)" offers two choices: {mit}, or {apache-2.0, bsd-3-clause} together. The
choices do not depend on any allow-list, so the list can be changed without looking at a document again: the
licence is allowed when some choice has all of its ids on the list.
"""

import re
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc

LICENSE_SIGNALS_SCHEMA = pa.schema(
    [
        ("n_license_choices", pa.int32()),  # 0: no licence found
        ("license_choices", pa.list_(pa.list_(pa.string()))),  # ids in lower case, sorted; null: none found
    ]
)

NO_LICENSE = frozenset({"", "none", "noassertion"})  # SPDX 2.3, clause 7.13: values that name no licence
MAX_EXPRESSION_CHARS = 1000
MAX_CHOICES = 64  # (A OR B) AND (C OR D) AND ... doubles with each pair

# SPDX 2.3, annex D: ids (`LicenseRef-` and `DocumentRef-x:LicenseRef-y` included), operators, parentheses.
_SYMBOL = re.compile(r"\s*([()]|[a-z0-9.:-]+\+?)")
_EXCEPTION = re.compile(r"\s+with\s+[a-z0-9.-]+")
_PRECEDENCE = {"or": 1, "and": 2}

Choices = frozenset[frozenset[str]]


def permissive_licenses() -> tuple[str, ...]:
    """SPDX ids of the Blue Oak Council's permissive licences (list version 15), all ratings, Model to Lead.

    StarCoder2 (Lozhkov et al. 2024) takes the licences of this list as permissive.
    """
    return tuple(files("quality").joinpath("permissive_licenses.txt").read_text("utf-8").split())


def license_signals(expressions: pa.StringArray) -> pa.RecordBatch:
    """Signals of LICENSE_SIGNALS_SCHEMA for licences given as SPDX expressions (null: none found).

    What is no valid expression, or too long or too branched to be taken apart, is one choice of one id: its
    own text.
    """
    encoded = expressions.dictionary_encode()
    known = [_listed_choices(expression) for expression in encoded.dictionary.to_pylist()]
    choices = pa.array(known, LICENSE_SIGNALS_SCHEMA.field("license_choices").type).take(encoded.indices)
    n_choices = pc.list_value_length(choices).fill_null(0).cast(pa.int32())
    return pa.RecordBatch.from_arrays([n_choices, choices], schema=LICENSE_SIGNALS_SCHEMA)


def license_choices(expression: str) -> Choices:
    """The sets of ids of which the user may choose one; empty when the expression names no licence.

    Ids are in lower case, since they are matched without regard to case (annex D.2). An exception (`WITH`)
    only adds permissions and `+` only adds later versions to choose from: both count as the plain licence.

    >>> choices = license_choices("MIT OR (Apache-2.0 WITH LLVM-exception AND ISC)")
    >>> sorted(sorted(choice) for choice in choices)
    [['apache-2.0', 'isc'], ['mit']]
    """
    text = expression.strip().lower()
    if text in NO_LICENSE:
        return frozenset()
    try:
        return _evaluate(_symbols(text))
    except ValueError:
        return frozenset({frozenset({text})})


def _listed_choices(expression: str) -> list[list[str]] | None:
    return sorted(sorted(choice) for choice in license_choices(expression)) or None


def _symbols(text: str) -> list[str]:
    if len(text) > MAX_EXPRESSION_CHARS:
        raise ValueError("too long")
    text = _EXCEPTION.sub("", text)
    symbols = []
    at = 0
    while at < len(text):
        found = _SYMBOL.match(text, at)
        if found is None:
            raise ValueError("neither an id nor a parenthesis")
        symbols.append(found.group(1))
        at = found.end()
    return symbols


def _evaluate(symbols: list[str]) -> Choices:
    """Shunting-yard, evaluating as it goes: no recursion, so deep parentheses cannot exhaust the stack."""
    operands: list[Choices] = []
    operators: list[str] = []
    expects_operand = True
    for symbol in symbols:
        if expects_operand == (symbol in _PRECEDENCE or symbol == ")"):
            raise ValueError("an operator where an id belongs, or the reverse")
        if symbol == "(":
            operators.append(symbol)
        elif symbol == ")":
            _apply_down_to(0, operands, operators)
            if not operators:
                raise ValueError("unbalanced )")
            operators.pop()
        elif symbol in _PRECEDENCE:
            _apply_down_to(_PRECEDENCE[symbol], operands, operators)
            operators.append(symbol)
            expects_operand = True
        else:
            operands.append(frozenset({frozenset({symbol.removesuffix("+")})}))
            expects_operand = False
    if expects_operand:
        raise ValueError("an id is missing at the end")
    _apply_down_to(0, operands, operators)
    if operators:
        raise ValueError("unbalanced (")
    return operands.pop()


def _apply_down_to(precedence: int, operands: list[Choices], operators: list[str]) -> None:
    """Apply the operators on the stack that bind at least as strongly, up to a parenthesis."""
    while operators and operators[-1] != "(" and _PRECEDENCE[operators[-1]] >= precedence:
        right, left = operands.pop(), operands.pop()
        if operators.pop() == "or":
            combined = left | right
        else:
            combined = frozenset(one | other for one in left for other in right)
        if len(combined) > MAX_CHOICES:
            raise ValueError("too many choices")
        operands.append(combined)

"""What a condition may be made of: columns, constants, comparisons and a list of functions; everything else is refused.

A condition comes with a recipe, which may be somebody else's. So nothing in it may read a file, run without end,
grow without bound or give another answer tomorrow. DuckDB parses it, and its syntax tree is held against these lists.
"""

import difflib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb

from pipelines.recipe_keys.problems import RecipeError, unknown

MAX_CHARS = 4000
# DuckDB's parser takes time that grows with the cube of nested parentheses: 0.1 s at 500 of them, 13 s at 4,000.
MAX_NESTING = 64

CLASSES = frozenset(
    {
        "BETWEEN",
        "CASE",
        "CAST",
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "OPERATOR",
        "TYPE",
    }
)
OPERATORS = frozenset(
    {
        "ARRAY_EXTRACT",
        "COMPARE_IN",
        "COMPARE_NOT_IN",
        "OPERATOR_COALESCE",
        "OPERATOR_IS_NOT_NULL",
        "OPERATOR_IS_NULL",
        "OPERATOR_NOT",
        "OPERATOR_TRY",
    }
)
# Each gives the same for the same row, and no more bytes than it is given (so neither `repeat` nor `replace`).
FUNCTIONS = frozenset(
    {
        *("+", "-", "*", "/", "//", "%", "||"),
        *("~~", "!~~", "~~*", "!~~*", "~~~", "^@", "like_escape", "ilike_escape"),  # LIKE, ILIKE, GLOB, prefix
        *("contains", "prefix", "starts_with", "suffix", "ends_with", "position", "strpos", "instr"),
        *("regexp_matches", "regexp_full_match"),
        *("lower", "upper", "trim", "ltrim", "rtrim", "left", "right", "substring", "substr", "split_part"),
        *("len", "length", "strlen"),
        *("abs", "round", "floor", "ceil", "ceiling", "trunc", "sign", "sqrt", "ln", "log", "log2", "log10"),
        *("greatest", "least", "nullif"),
        *("list_value", "list_contains", "list_has", "list_has_any", "list_has_all", "flatten"),
        *("year", "month", "day", "date_part", "date_trunc", "make_date"),
        *("to_years", "to_months", "to_weeks", "to_days", "to_hours", "to_minutes", "to_seconds"),
    }
)
TYPES = frozenset(
    {"BOOLEAN", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "VARCHAR", "TEXT", "DATE", "TIMESTAMP", "INTERVAL"}
)


class ConditionError(RecipeError):
    """A condition that cannot be used as written; the message says what to change."""


class Names(NamedTuple):
    """What a condition names."""

    columns: frozenset[str]  # in lower case
    keys: frozenset[tuple[str, str | None]]  # of column['key'], in lower case and as it is; None: no string in quotes


def names_in(text: str) -> Names:
    """What the condition `text` names; ConditionError for anything not allowed."""
    columns: set[str] = set()
    keys: set[tuple[str, str | None]] = set()
    for node in _nodes(_tree(text)):
        kind = node["class"]
        if kind not in CLASSES or (kind == "OPERATOR" and node["type"] not in OPERATORS):
            what = (node["type"] if kind == "OPERATOR" else kind).lower().replace("_", " ")
            raise ConditionError(f"{shown(text)}: {what} is not allowed in a condition, only columns and functions are")
        if kind == "COLUMN_REF":
            columns.add(_column(node))
        elif kind == "OPERATOR" and node["type"] == "ARRAY_EXTRACT":
            keys.update(_key(*node["children"]))
        elif kind == "FUNCTION":
            _check_function(text, node)
        elif kind == "TYPE" and node["type_name"].upper() not in TYPES:
            raise ConditionError(f"{shown(text)}: {unknown('type', node['type_name'], sorted(TYPES))}")
    return Names(frozenset(columns), frozenset(keys))


def _column(node: dict[str, Any]) -> str:
    return ".".join(node["column_names"]).lower()


def _key(column: dict[str, Any], key: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """The pair that column[key] is, where a column by itself stands before the bracket."""
    if column["class"] == "COLUMN_REF":
        literal = key.get("literal", {})
        yield _column(column), literal["text"] if literal.get("kind") == "STRING" else None


def shown(text: str) -> str:
    """The condition as messages quote it."""
    return f"condition {text if len(text) <= 200 else text[:200] + '...'!r}"


def _check_function(text: str, node: dict[str, Any]) -> None:
    name = node["function_name"].lower()
    if name not in FUNCTIONS or node["schema"] or node["catalog"]:
        near = difflib.get_close_matches(name, FUNCTIONS, n=1, cutoff=0.8)
        hint = f"did you mean {near[0]}?" if near else f"the recipes' page names the {len(FUNCTIONS)} that may be used"
        raise ConditionError(f"{shown(text)}: function {name} is not known in conditions; {hint}")


def _tree(text: str) -> dict[str, Any]:
    """The syntax tree of the condition alone."""
    _check_size(text)
    # The line breaks end a comment in the text, which would else swallow the parenthesis.
    queries = [f"SELECT 1 WHERE (\n{text}\n)", "SELECT 1 WHERE (true)"]
    with duckdb.connect(config={"enable_external_access": "false", "threads": 1}) as connection:
        rows = connection.execute("SELECT json_serialize_sql(q) FROM unnest(?) u(q)", [queries]).fetchall()
    try:
        parsed, plain = (json.loads(tree) for (tree,) in rows)
    except RecursionError:
        raise ConditionError(f"{shown(text)}: nested too deeply") from None
    if parsed["error"]:
        raise ConditionError(f"{shown(text)}: {parsed['error_message'].splitlines()[0]}")
    where: dict[str, Any] = parsed["statements"][0]["node"].pop("where_clause", None)
    plain["statements"][0]["node"].pop("where_clause")
    # A text that closes the parenthesis itself may go on with clauses and statements of its own.
    if parsed != plain:
        raise ConditionError(f"{shown(text)}: one expression is needed and nothing behind it")
    return where


def _check_size(text: str) -> None:
    if not text.strip():
        raise ConditionError("an empty condition: write an expression over columns, such as `n_words > 100`")
    if len(text) > MAX_CHARS:
        raise ConditionError(f"{shown(text)}: {len(text):,} characters, at most {MAX_CHARS:,} are possible")
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ConditionError(f"{shown(text)}: holds a null character or half a surrogate pair")
    depth = 0
    for character in text:
        depth = max(0, depth + (character in "([{") - (character in ")]}"))
        if depth > MAX_NESTING:
            raise ConditionError(f"{shown(text)}: parentheses nested more than {MAX_NESTING} deep")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every expression of the tree, outermost first."""
    open_nodes = [tree]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, dict):
            if "class" in node:
                yield node
            open_nodes += node.values()
        elif isinstance(node, list):
            open_nodes += node

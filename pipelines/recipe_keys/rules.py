"""The rules that a recipe names."""

from typing import Any

from pipelines.recipe_keys.problems import unknown, validated
from quality.rule import rules


def check_rule(name: str, settings: dict[str, Any]) -> None:
    """ValueError when there is no such rule, or it has no such settings."""
    if name not in rules():
        raise ValueError(unknown("rule", name, rules()))
    validated(rules()[name].settings, settings, f"rule {name!r}")

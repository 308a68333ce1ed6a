"""The rule contract: thresholds over stored signals.

A rule is data: a list of checks, each naming a signal, a comparison and a bound. Judging reads no text, every check is
evaluated for every document, and every failing one is recorded with its value and bound. Order never matters.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

import quality.rules

CODE_LANGUAGE_COLUMN = "code_language"  # name of the programming language, null for prose
LANGUAGE_COLUMN = "language"  # ISO 639 code of the natural language

Comparison = Literal[">=", "<=", "in", "none"]


class RuleSettings(BaseModel):
    """Base of every rule's settings: what a recipe may write under `rules: <name>:`; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Check:
    """A document passes when `signal comparison bound` holds; a null signal passes unless `null_fails`.

    With "none" the signal lists failures that were found while it was measured (FAILURE_TYPE of `quality/judge.py`):
    each becomes one of the document's, its reason after `<rule>.<reason>.`; the bound is not used.
    """

    reason: str  # what is recorded: <rule>.<reason>
    signal: str  # a column of the annotated table, or column.key of a column of maps
    comparison: Comparison
    bound: float | frozenset[str]
    null_fails: bool = False
    exempt_languages: frozenset[str] = frozenset()  # values of `code_language` that this check passes over
    only_for_code_languages: frozenset[str] = frozenset()  # values of `code_language` that it is for alone; none: all
    only_for: frozenset[str] = frozenset()  # values of `language` that it is for alone; none: for all
    not_for: frozenset[str] = frozenset()  # values of `language` that it passes over
    # The bound is the least signal among this share of a source's documents, the best ones; filled in before judging.
    top_share: float | None = None

    def columns(self) -> set[str]:
        """What a table must have for this check to be judged."""
        wanted = {self.signal.partition(".")[0]}
        if self.exempt_languages or self.only_for_code_languages:
            wanted.add(CODE_LANGUAGE_COLUMN)
        if self.only_for or self.not_for:
            wanted.add(LANGUAGE_COLUMN)
        return wanted


@dataclass(frozen=True)
class Rule:
    """A named set of checks; `checks(settings)` turns a recipe's settings into them."""

    name: str
    meaning: str
    origin: str  # the paper or tool that the constants come from
    settings: type[RuleSettings]
    checks: Callable[[Any], tuple[Check, ...]]


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule found in the folder `rules/`, by name."""
    found = {}
    for module_info in pkgutil.iter_modules(quality.rules.__path__):
        module = importlib.import_module(f"quality.rules.{module_info.name}")
        found[module.RULE.name] = module.RULE
    return dict(sorted(found.items()))

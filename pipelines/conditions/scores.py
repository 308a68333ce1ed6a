"""Scores of classifiers in conditions: `scores['edu']`, in short `edu_score`."""

import difflib
from collections.abc import Collection, Iterable

from pipelines.conditions.syntax import ConditionError, shown
from quality.signals.classifiers import NAME_PATTERN, SCORES

SUFFIX = "_score"


def classifier_of(column: str) -> str | None:
    """The classifier whose score the name stands for, where no stored column has it: edu_score; None for others."""
    name = column.removesuffix(SUFFIX)
    return name if name != column and NAME_PATTERN.fullmatch(name) else None


def classifiers_in(text: str, keys: Iterable[tuple[str, str | None]]) -> set[str]:
    """The classifiers that a condition names as `scores['name']`; ConditionError where the name is computed."""
    named = {key for column, key in keys if column == SCORES}
    if None in named:
        raise ConditionError(f"{shown(text)}: name a classifier in quotes, as in {SCORES}['edu']")
    return {key for key in named if key is not None}


def check_classifiers(text: str, named: Iterable[str], known: Collection[str], columns: Iterable[str]) -> None:
    """ConditionError for a name that is not among the `known` classifiers, listing them; `columns` may be meant."""
    for name in sorted(set(named) - set(known)):
        scores = [f"{SCORES}['{each}']" for each in sorted(known)] + [each for each in columns if each.endswith(SUFFIX)]
        near = difflib.get_close_matches(f"{name}{SUFFIX}", [*(f"{each}{SUFFIX}" for each in known), *columns], n=1)
        raise ConditionError(
            f"{shown(text)}: no classifier {name!r} is measured here{f'; did you mean {near[0]}?' if near else ''}; "
            f"the scores are {', '.join(scores)}"
        )

"""What a recipe has measured: the signal groups of a source, each with its settings."""

from collections.abc import Mapping
from typing import Any, Literal

from pipelines.recipe_keys.problems import RecipeError, unknown, validated
from quality.rule import Check
from quality.signal_group import GroupSettings, group_of_column, signal_groups
from quality.signals.classifiers import SCORES
from quality.signals.classifiers import SIGNALS as CLASSIFIERS

# `measure:` in a recipe: settings by group; `false` leaves a group out that would be measured otherwise.
MeasureSpec = dict[str, dict[str, Any] | Literal[False]]


def check_measure(spec: MeasureSpec) -> None:
    """ValueError when there is no such group, or it has no such settings."""
    for name, settings in spec.items():
        if name not in signal_groups():
            raise ValueError(unknown("signal group", name, signal_groups()))
        if settings is not False:
            validated(signal_groups()[name].settings, settings, f"measure {name!r}")


def asked_groups(
    code_like: bool, of_recipe: MeasureSpec, of_source: MeasureSpec, checks: Mapping[str, tuple[Check, ...]]
) -> dict[str, GroupSettings]:
    """The groups to measure for a source, by name: its kind's, those that its checks read, those that it names.

    Those that the recipe names as well, but for groups of the other kind: what cleans prose must not clean code because
    the recipe says how. The source's settings win, key by key. ValueError when settings are missing, or a check reads
    what is not measured.
    """
    kind: Literal["text", "code"] = "code" if code_like else "text"
    groups = signal_groups()
    asked: dict[str, dict[str, Any]] = {name: {} for name, group in groups.items() if kind in group.measured_for}
    read = {group_of_column(check.signal): rule for rule, own in checks.items() for check in own}
    asked |= {name: {} for name in sorted(name for name in read if name is not None)}
    left_out = set()
    for name, settings in of_recipe.items():
        if settings is False:
            left_out.add(name)
        elif name in asked or name in of_source or not groups[name].measured_for:
            asked[name] = settings
    for name, settings in of_source.items():
        if settings is False:
            left_out.add(name)
        else:
            left_out.discard(name)
            asked[name] = asked.get(name, {}) | settings
    for name in sorted(left_out & asked.keys()):
        if name in read:
            raise ValueError(f"rule {read[name]!r} reads the signal group {name!r}, which `measure:` leaves out")
        del asked[name]
    found = {
        name: validated(groups[name].settings, settings, f"measure {name!r}")
        for name, settings in sorted(asked.items())
    }
    _check_members(found, checks)
    return found


def classifiers_of(asked: Mapping[str, GroupSettings]) -> frozenset[str]:
    """The classifiers whose scores are measured, by name."""
    return asked[CLASSIFIERS.name].members(SCORES) if CLASSIFIERS.name in asked else frozenset()


def _check_members(asked: Mapping[str, GroupSettings], checks: Mapping[str, tuple[Check, ...]]) -> None:
    """RecipeError for a check of `column.key` where no such key is measured."""
    for rule, check in ((rule, check) for rule, own in checks.items() for check in own):
        column, _, key = check.signal.partition(".")
        group = group_of_column(column)
        if key and group is not None and (group not in asked or key not in asked[group].members(column)):
            known = asked[group].members(column) if group in asked else ()
            raise RecipeError(
                f"rule {rule!r} asks for {check.signal!r}: {unknown('name', key, sorted(known))}; name it under "
                f"`measure: {{{group}: {{{key}: ...}}}}`"
            )

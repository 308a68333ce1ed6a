"""Changes to rules as typed on a command line: `rules.gopher_quality.min_words=100`, applied to a recipe."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from pipelines.recipe import Recipe
from pipelines.recipe_keys.problems import RecipeError, unknown, validated
from pipelines.recipe_keys.sources import SourceSpec
from quality.rule import rules

RULES_PREFIXES = ("rules", "quality")
SOURCE_PREFIX = "sources"
SPELLINGS = "`rules.<rule>.<setting>=<value>` or `sources.<source>.<rule>.<setting>=<value>`"


@dataclass(frozen=True)
class Change:
    """One setting of one rule, for one source or (None) as the recipe's default."""

    source: str | None
    rule: str
    setting: str
    value: Any


def parse_change(recipe: Recipe, text: str) -> Change:
    """`text` as a change to `recipe`; RecipeError for what names nothing there, with the nearest name.

    A rule may be shortened to a prefix that no other rule begins with; the value is a YAML scalar or list of them.
    """
    path, equals, value = text.partition("=")
    first, _, rest = path.strip().partition(".")
    names = rest.rsplit(".", 2)  # a source's name may hold dots
    if (
        not equals
        or first not in (*RULES_PREFIXES, SOURCE_PREFIX)
        or len(names) != (3 if first == SOURCE_PREFIX else 2)
    ):
        raise RecipeError(f"what-if {text!r} is not understood: write {SPELLINGS}")
    rule = _rule_name(text, names[-2], names[-1], recipe)
    setting = _known(text, f"setting of rule {rule!r}", names[-1], rules()[rule].settings.model_fields)
    source = _known(text, "source", names[0], [s.name for s in recipe.sources]) if first == SOURCE_PREFIX else None
    judged = [s.name for s in recipe.sources if source in (None, s.name) and rule in s.own_rules()]
    if not judged:
        who = "no source of the recipe is" if source is None else f"source {source!r} is not"
        raise RecipeError(f"what-if {text!r}: {who} judged by rule {rule!r}: add it to a source's `rules` first")
    return Change(source, rule, setting, _value(text, value))


def changed_recipe(recipe: Recipe, changes: Sequence[Change]) -> Recipe:
    """The recipe with the changes made, in order; RecipeError for a value that a rule's settings refuse."""
    defaults = {rule: dict(settings) for rule, settings in recipe.rules.items()}
    for change in changes:
        if change.source is None:
            defaults.setdefault(change.rule, {})[change.setting] = change.value
    sources = [_changed_source(source, changes) for source in recipe.sources]
    changed = recipe.model_copy(update={"rules": defaults, "sources": sources})
    for change in changes:
        for source in changed.sources:
            own = source.own_rules()
            if change.rule in own:
                _check(change, defaults.get(change.rule, {}) | own[change.rule])
    return changed


def overridden(recipe: Recipe, change: Change) -> list[str]:
    """The sources that set for themselves what a change of the default sets, so that it does not reach them."""
    if change.source is not None:
        return []
    return [source.name for source in recipe.sources if change.setting in source.own_rules().get(change.rule, {})]


def _changed_source(source: SourceSpec, changes: Sequence[Change]) -> SourceSpec:
    own = source.own_rules()
    own_changes = [change for change in changes if change.source == source.name]
    for change in own_changes:
        own[change.rule] = own[change.rule] | {change.setting: change.value}
    if not own_changes:
        return source
    return source.model_copy(update={"rules": [{rule: settings} for rule, settings in own.items()]})


def _check(change: Change, settings: dict[str, Any]) -> None:
    try:
        validated(rules()[change.rule].settings, settings, f"what-if: settings of rule {change.rule!r}")
    except ValueError as error:
        raise RecipeError(str(error)) from None


def _rule_name(text: str, name: str, setting: str, recipe: Recipe) -> str:
    """The rule of that name, or the one that begins so: of several the one that judges, and has the setting."""
    if name in rules() or not name:
        return _known(text, "rule", name, rules())
    found = [rule for rule in rules() if rule.startswith(name)]
    used = {rule for source in recipe.sources for rule in source.own_rules()}
    narrowed = [rule for rule in found if rule in used] or found
    narrowed = [rule for rule in narrowed if setting in rules()[rule].settings.model_fields] or narrowed
    if len(narrowed) > 1:
        raise RecipeError(f"what-if {text!r}: rules {', '.join(narrowed)} begin with {name!r}: write one of them")
    return narrowed[0] if narrowed else _known(text, "rule", name, rules())


def _known(text: str, what: str, name: str, known: Collection[str]) -> str:
    """`name` if it is known; else RecipeError with the nearest known one."""
    if name not in known:
        raise RecipeError(f"what-if {text!r}: {unknown(what, name, known)}")
    return name


def _value(text: str, value: str) -> Any:
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise RecipeError(f"what-if {text!r}: {value!r} is not valid YAML: {error}") from None
    members = parsed if isinstance(parsed, list) else [parsed]
    if parsed is None or any(isinstance(member, dict | list) for member in members):
        raise RecipeError(f"what-if {text!r}: {value!r} is neither one value nor a list such as `[en, de]`")
    return parsed

"""Which reasons a person asks for: `gopher_quality`, `gopher_quality.too_few_words`, or what lies below one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.judging import TEXT_CHECKS, UNMEASURED
from pipelines.recipe import Recipe
from pipelines.recipe_keys.problems import RecipeError, unknown
from pipelines.rule_listing.hits import SourceHits
from quality.rule import Check


@dataclass(frozen=True)
class Asked:
    """Names of rules or reasons; none: all of them."""

    names: tuple[str, ...] = ()

    @classmethod
    def parse(cls, names: Sequence[str], recipe: Recipe) -> "Asked":
        """The names, checked; RecipeError for one that judges no source of the recipe, with the nearest that does."""
        known = _known(recipe)
        for name in names:
            is_below = any(is_open and name.startswith(f"{reason}.") for reason, is_open in known.items())
            if name not in known and not is_below:
                raise RecipeError(f"--reason {name}: {unknown('rule or reason of this recipe', name, known)}")
        return cls(tuple(names))

    def wants(self, reason: str) -> bool:
        """Whether a reason was asked for, itself or with all of its rule's."""
        return not self.names or any(reason == name or reason.startswith(f"{name}.") for name in self.names)

    def of_source(self, found: SourceHits) -> SourceHits:
        """A source's rules with the reasons that were asked for, by themselves or as what lies above a name."""
        rules = [
            replace(rule, reasons=[each for each in rule.reasons if self._shows(each.reason)]) for rule in found.rules
        ]
        unmeasured = {name: n for name, n in found.unmeasured.items() if self._shows(f"{UNMEASURED}.{name}")}
        return replace(found, rules=[rule for rule in rules if rule.reasons], unmeasured=unmeasured)

    def _shows(self, reason: str) -> bool:
        return self.wants(reason) or self._is_above(reason)

    def _is_above(self, reason: str) -> bool:
        return any(name.startswith(f"{reason}.") for name in self.names)


def _known(recipe: Recipe) -> Mapping[str, bool]:
    """What may be asked for -> whether more reasons lie below it than are known before documents are measured."""
    known = {UNMEASURED: True}
    all_checks: list[Mapping[str, tuple[Check, ...]]] = [TEXT_CHECKS, *map(recipe.checks, recipe.sources)]
    for checks in all_checks:
        known |= dict.fromkeys(checks, False)
        known |= {f"{rule}.{check.reason}": _is_open(check) for rule, own in checks.items() for check in own}
    return known


def _is_open(check: Check) -> bool:
    return check.comparison == "none"

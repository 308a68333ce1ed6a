"""Weights to shares: groups are expanded to their sources, in exact fractions.

A group is every source whose label is its name or lies below it (code/markup is in code), or, where the recipe gives
it weights, whatever sources and groups those name. So `{text: 0.5, code: 0.5}` with the weights `{code/web: 0.8,
code/markup: 0.2}` for code shares tokens between three groups of sources, and each of these shares its part among its
own.
"""

import difflib
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import Protocol

from mixer.apportion import exact_fraction, normalised
from mixer.request import PhaseRequest, PlanError, PlanRequest, Weighting, group_path

WEIGHT_TOLERANCE = Fraction(1, 10**9)  # weights written as decimals of thirds are not worth a note
POWER_DIGITS = 15  # of a weight under a temperature: fewer than decimals' power computes exactly on any machine

_POWERS = Context(prec=40, Emax=10**9, Emin=-(10**9))


class Labelled(Protocol):
    """What a weight can lead to."""

    @property
    def name(self) -> str:
        """The source's name."""

    @property
    def group(self) -> str:
        """Its label."""

    @property
    def tier_of(self) -> str | None:
        """The source that it is a part of, if any."""


class WeightTree:
    """Which sources a name stands for, and in what shares."""

    def __init__(self, sources: Sequence[Labelled], groups: Mapping[str, Weighting]) -> None:
        self._sources = {source.name: source for source in sources}
        self._groups = groups
        self._labels: dict[str, list[str]] = {}
        self._natural = [source.name for source in sources if source.tier_of is None]
        for source in sources:
            for group in group_path(source.group):
                self._labels.setdefault(group, []).append(source.name)
        for names in self._labels.values():  # beside its source, a tier's documents would count twice
            names[:] = [name for name in names if self._sources[name].tier_of not in names]

    def sources_of(self, weighting: Weighting, place: str) -> list[str]:
        """Every source that `weighting` can give tokens to; PlanError for a name that stands for nothing."""
        if isinstance(weighting.weights, str):
            return list(self._natural)
        found: dict[str, None] = {}
        for name, weight in weighting.weights.items():
            members = self._members(name, place, ())
            if weight:
                found |= dict.fromkeys(members)
        return list(found)

    def is_fixed(self, weighting: Weighting) -> bool:
        """Whether the shares follow from the weights alone, whatever the sources hold."""
        if isinstance(weighting.weights, str):
            return False
        return all(self._is_fixed(name) for name, weight in weighting.weights.items() if weight)

    def _is_fixed(self, name: str) -> bool:
        if name in self._sources:
            return True
        weighting = self._weighting(name)
        return len(self._labels.get(name, ())) == 1 if isinstance(weighting.weights, str) else self.is_fixed(weighting)

    def shares(self, weighting: Weighting, tokens: Mapping[str, int], place: str) -> dict[str, Fraction]:
        """Share of every source, summing to one; `tokens` are one epoch of each; PlanError where nothing has weight."""
        names = list(self._sources)
        weights = self._weights(weighting, self._natural, tokens, place)
        shares = dict.fromkeys(names, Fraction(0))
        for name, share in weights.items():
            for source, part in self._split(name, share, tokens, place).items():
                shares[source] += part
        return shares

    def _split(self, name: str, share: Fraction, tokens: Mapping[str, int], place: str) -> dict[str, Fraction]:
        """A name's share, split among the sources that it stands for."""
        if not share:
            return {}
        if name in self._sources:
            return {name: share}
        parts: dict[str, Fraction] = {}
        weights = self._weights(self._weighting(name), self._labels.get(name, []), tokens, f"group {name!r}")
        for member, weight in weights.items():
            for source, part in self._split(member, share * weight, tokens, place).items():
                parts[source] = parts.get(source, Fraction(0)) + part
        return parts

    def _weights(
        self, weighting: Weighting, labelled: Sequence[str], tokens: Mapping[str, int], place: str
    ) -> dict[str, Fraction]:
        """Weights by member, scaled to sum to one."""
        match weighting.weights:
            case "natural":
                weights = {name: Fraction(tokens[name]) for name in labelled}
            case "uniform":
                weights = {name: Fraction(1 if tokens[name] else 0) for name in labelled}
            case named:
                self.sources_of(weighting, place)  # refuses unknown names
                weights = {name: exact_fraction(weight) for name, weight in named.items()}
        powered = {name: _power(weight, weighting.temperature) for name, weight in weights.items()}
        if not any(powered.values()):
            raise PlanError(f"{place}: no source there has both a positive weight and tokens: give one a weight")
        return normalised(powered)

    def _weighting(self, group: str) -> Weighting:
        return self._groups.get(group, Weighting())

    def _members(self, name: str, place: str, above: tuple[str, ...]) -> list[str]:
        """The sources that `name` stands for."""
        is_group = name in self._groups or name in self._labels
        if name in self._sources:
            if name in self._groups or self._labels.get(name, [name]) != [name]:
                raise PlanError(f"{place}: {name!r} is a source and a group of others: rename one of them")
            return [name]
        if not is_group:
            raise PlanError(f"{place}: {self._unknown(name)}")
        if name in above:
            raise PlanError(f"group {name!r} contains itself: {' > '.join([*above, name])}")
        weights = self._weighting(name).weights
        if isinstance(weights, str):
            if name not in self._labels:
                raise PlanError(f"group {name!r} has no sources: label one with `group: {name}`, or give it weights")
            return self._labels[name]
        return [
            source
            for member, weight in weights.items()
            for source in self._members(member, f"group {name!r}", (*above, name))
            if weight
        ]

    def _unknown(self, name: str) -> str:
        known = list(dict.fromkeys([*self._sources, *self._labels, *self._groups]))
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        return f"{name!r} is neither a source nor a group here; {hint}"


def phase_shares(request: PlanRequest, phase: PhaseRequest, notes: list[str]) -> dict[str, Fraction]:
    """Every source's share of a phase, summing to one; what was normalised is added to `notes`."""
    tree = WeightTree(request.sources, request.groups)
    tokens = {source.name: source.available_tokens for source in request.sources}
    shares = tree.shares(phase, tokens, f"phase {phase.name!r}")
    if not isinstance(phase.weights, str):
        total = sum((exact_fraction(weight) for weight in phase.weights.values()), Fraction(0))
        if abs(total - 1) > WEIGHT_TOLERANCE:
            notes.append(f"phase {phase.name}: weights were normalised, they do not sum to 1")
    if phase.code_ratio is None:
        return shares
    is_code = {source.name: source.is_code for source in request.sources}
    return with_code_ratio(shares, is_code, exact_fraction(phase.code_ratio), phase.name)


def with_code_ratio(
    shares: Mapping[str, Fraction], is_code: Mapping[str, bool], ratio: Fraction, phase: str
) -> dict[str, Fraction]:
    """The shares rescaled so that code has `ratio` and text the rest, the proportions inside each kept."""
    scaled: dict[str, Fraction] = {}
    for wanted, share, what in ((False, 1 - ratio, "text"), (True, ratio, "code")):
        part = {name: weight for name, weight in shares.items() if is_code[name] is wanted}
        if share and not any(part.values()):
            raise PlanError(
                f"code ratio {float(ratio):g} asks phase {phase!r} for {float(share):.0%} {what}, and no {what} source "
                "has a positive weight there: add one or change the ratio"
            )
        part = normalised(part) if any(part.values()) else part
        scaled |= {name: weight * share for name, weight in part.items()}
    return {name: scaled[name] for name in shares}


def _power(weight: Fraction, temperature: float) -> Fraction:
    """weight ** (1 / temperature), rounded to POWER_DIGITS digits so that every machine gets the same number."""
    if temperature == 1 or not weight:
        return weight
    base = _POWERS.divide(Decimal(weight.numerator), Decimal(weight.denominator))
    power = _POWERS.power(base, _POWERS.divide(Decimal(1), Decimal(str(temperature))))
    return Fraction(Context(prec=POWER_DIGITS, Emax=10**9, Emin=-(10**9)).plus(power))

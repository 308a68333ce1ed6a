"""Epoch caps: what a source may give, and where tokens go that it may not."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from mixer.apportion import exact_fraction
from mixer.request import SourceTokens, group_path

Room = Mapping[str, Fraction | None]  # source -> tokens that it may still give; None: any number


def allowed_tokens(source: SourceTokens) -> Fraction | None:
    """All that a source may give over all phases; None without a cap, or where passing it is a warning only."""
    if not source.available_tokens:
        return Fraction(0)
    if source.max_epochs is None or source.on_epoch_cap == "warn":
        return None
    return exact_fraction(source.max_epochs) * source.available_tokens


def spread(
    targets: Mapping[str, Fraction], room: Room, sources: Sequence[SourceTokens]
) -> tuple[dict[str, Fraction], dict[str, list[str]]]:
    """Move what capped sources of policy `spread` cannot give to others of the phase, in proportion to their targets.

    First the sources of the same group take it, then those of the group around it, at last those of the same side
    (code or text). Returns the new
    targets, and for each source that gave something up the sources that took it. What nobody can take stays: that
    mixture is infeasible.
    """
    asked, new = dict(targets), dict(targets)
    takers_of: dict[str, list[str]] = {}
    by_name = {source.name: source for source in sources}
    received: set[str] = set()
    while True:
        over = [name for name in new if _is_over(new[name], room[name]) and _passes_on(by_name[name], name in received)]
        moved = False
        for name in over:
            takers = _takers(by_name[name], asked, new, room, sources)
            if not takers:
                continue
            moved = True
            limit = room[name]
            excess = new[name] - (limit if limit is not None else 0)
            new[name] -= excess
            total = sum((asked[taker] for taker in takers), Fraction(0))
            for taker in takers:
                new[taker] += excess * asked[taker] / total
            received |= set(takers)
            takers_of.setdefault(name, takers)
        if not moved:
            return new, takers_of


def _is_over(target: Fraction, limit: Fraction | None) -> bool:
    return limit is not None and target > limit


def _passes_on(source: SourceTokens, has_received: bool) -> bool:
    """A source of another policy passes on what it was given beyond its room, never what it was asked for."""
    return source.on_epoch_cap == "spread" or has_received


def _takers(
    source: SourceTokens,
    asked: Mapping[str, Fraction],
    new: Mapping[str, Fraction],
    room: Room,
    sources: Sequence[SourceTokens],
) -> list[str]:
    """Who can take more: of the same group, of the one around it, and so on; else of the same side."""

    def can_take(other: SourceTokens) -> bool:
        limit = room[other.name]
        return other is not source and asked[other.name] > 0 and (limit is None or new[other.name] < limit)

    for group in reversed(group_path(source.group)):
        near = [other.name for other in sources if group in group_path(other.group) and can_take(other)]
        if near:
            return near
    return [other.name for other in sources if other.is_code == source.is_code and can_take(other)]

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.request import PhaseRequest, PlanError, PlanRequest, SourceTokens, Weighting
from mixer.weights import WeightTree, phase_shares

TOKENS = {"web": 800, "books": 200, "python": 300, "html": 100, "commits": 30, "issues": 10, "empty": 0}
GROUP_OF = {"web": "text", "books": "text", "python": "code/web", "html": "code/markup", "empty": "code/markup"}


def source(name: str, **changes: object) -> SourceTokens:
    group = GROUP_OF.get(name, "code/adjacent")
    made = SourceTokens(name=name, kind="web", group=group, documents=1, block_tokens={0: TOKENS.get(name, 0)})
    return made.model_copy(update=changes)


SOURCES = [source(name) for name in TOKENS]
CODE = Weighting(weights={"code/web": 0.8, "code/markup": 0.1, "code/adjacent": 0.1})


def shares(
    weights: object, temperature: float = 1.0, groups: dict[str, Weighting] | None = None
) -> dict[str, Fraction]:
    weighting = Weighting(weights=weights, temperature=temperature)  # type: ignore[arg-type]
    found = WeightTree(SOURCES, groups or {}).shares(weighting, TOKENS, "phase 'x'")
    assert sum(found.values()) == 1
    return {name: share for name, share in found.items() if share}


def test_a_group_shares_its_part_naturally_unless_told_otherwise() -> None:
    assert shares({"text": 1, "code/adjacent": 1}) == {
        "web": Fraction(2, 5),
        "books": Fraction(1, 10),
        "commits": Fraction(3, 8),
        "issues": Fraction(1, 8),
    }
    uniform = shares({"text": 1}, groups={"text": Weighting(weights="uniform")})
    assert uniform == {"web": Fraction(1, 2), "books": Fraction(1, 2)}


def test_groups_nest_and_may_name_sources() -> None:
    found = shares({"text": 0.5, "code": 0.5}, groups={"code": CODE, "text": Weighting(weights={"web": 1})})
    assert found == {
        "web": Fraction(1, 2),
        "python": Fraction(2, 5),
        "html": Fraction(1, 20),
        "commits": Fraction(3, 80),
        "issues": Fraction(1, 80),
    }


def test_natural_and_uniform_are_over_every_source_with_tokens() -> None:
    assert shares("natural") == {name: Fraction(n, 1440) for name, n in TOKENS.items() if n}
    assert shares("uniform") == {name: Fraction(1, 6) for name, n in TOKENS.items() if n}


def test_a_temperature_is_a_power() -> None:
    flat = shares("natural", temperature=2)
    assert float(flat["web"] / flat["books"]) == pytest.approx(2, abs=1e-12)
    assert float(shares({"web": 8, "books": 1}, temperature=3)["web"]) == pytest.approx(2 / 3, abs=1e-12)
    almost_uniform = shares("natural", temperature=1e9)
    assert all(float(share) == pytest.approx(1 / 6, abs=1e-6) for share in almost_uniform.values())


@given(st.dictionaries(st.sampled_from(sorted(TOKENS)), st.floats(1e-300, 1e300), min_size=1), st.floats(0.1, 50))
def test_trap_extreme_weights_do_not_overflow(weights: dict[str, float], temperature: float) -> None:
    found = shares(weights, temperature)
    assert set(found) == set(weights)


def test_a_tier_joins_no_group_that_holds_its_source() -> None:
    tier = source("best", group="text/best", tier_of="web", block_tokens={0: 10})
    lessons = source("lessons", group="text/best", block_tokens={0: 30})
    tree = WeightTree([*SOURCES, tier, lessons], {})
    tokens = TOKENS | {"best": 10, "lessons": 30}
    assert tree.shares(Weighting(weights={"text/best": 1}), tokens, "x")["best"] == Fraction(1, 4)
    assert tree.shares(Weighting(weights={"text": 1}), tokens, "x")["best"] == 0
    assert tree.shares(Weighting(weights="natural"), tokens, "x")["best"] == 0
    assert tree.shares(Weighting(weights={"text": 1, "best": 1}), tokens, "x")["best"] == Fraction(1, 2)


@pytest.mark.parametrize(
    ("weights", "groups", "message"),
    [
        ({"webb": 1}, {}, "'webb' is neither a source nor a group here; did you mean 'web'?"),
        ({"zzz": 1}, {}, "known: web, books"),
        ({"web": 1}, {"web": CODE}, "is a source and a group of others"),
        ({"a": 1}, {"a": Weighting(weights={"b": 1}), "b": Weighting(weights={"a": 1})}, "contains itself: a > b > a"),
        ({"ghost": 1}, {"ghost": Weighting()}, "group 'ghost' has no sources"),
        ({"empty": 1, "commits": 0}, {}, None),
        ({"some": 1}, {"some": Weighting(weights={"web": 0})}, "both a positive weight and tokens"),
    ],
)
def test_names_that_stand_for_nothing_are_refused(
    weights: dict[str, float], groups: dict[str, Weighting], message: str | None
) -> None:
    if message is None:  # an empty source may be asked for: the plan says that it has nothing
        assert shares(weights, groups=groups) == {"empty": 1}
        return
    with pytest.raises(PlanError) as error:
        shares(weights, groups=groups)
    assert message in str(error.value)


def request(phase: PhaseRequest) -> PlanRequest:
    sources = [each for each in SOURCES if each.name not in ("html", "empty")]
    return PlanRequest(sources=sources, phases=[phase], sequence_length=16, rows_per_shard=9, seed=0)


@given(st.decimals(0, 1, places=3))
def test_a_code_ratio_rescales_both_sides(ratio: object) -> None:
    phase = PhaseRequest(name="x", budget_tokens=999, weights="natural", code_ratio=float(str(ratio)))
    found = phase_shares(request(phase), phase, [])
    assert found["python"] + found["commits"] + found["issues"] == Fraction(str(ratio))
    assert found["web"] == 4 * found["books"]
    assert found["python"] == 10 * found["commits"]


def test_a_code_ratio_without_code_is_refused_and_odd_weights_are_noted() -> None:
    phase = PhaseRequest(name="x", budget_tokens=999, weights={"text": 7}, code_ratio=0.5)
    with pytest.raises(PlanError, match="50% code, and no code source"):
        phase_shares(request(phase), phase, [])
    notes: list[str] = []
    phase_shares(request(phase), phase.model_copy(update={"code_ratio": None}), notes)
    assert notes == ["phase x: weights were normalised, they do not sum to 1"]

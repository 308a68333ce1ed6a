"""The recipes of "To Code, or Not To Code?" say what the paper's table says, and preview and build on the demo's lake."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mixer.manifest import read_manifest
from pipelines.build import build, new_context
from pipelines.estimates.plans import estimated_plan
from pipelines.estimates.source_estimate import SourceEstimate
from pipelines.estimates.splits import sample_sources
from pipelines.java import find_java
from pipelines.previews.outlook import outlook
from pipelines.recipe import Recipe, load_recipe
from tests.audit import audit

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
BUDGET = 120_000  # enough for one sequence of 8,192 in a cooldown of a tenth

TEXT, WEB, MARKUP = "text/web", "code/web", "code/markup"
ADJACENT, SYNTHETIC, BEST = "code/adjacent", "code/synthetic", "text/high_quality"

HALF = {TEXT: 0.5, WEB: 0.4, MARKUP: 0.1}
MOSTLY_TEXT = {TEXT: 0.9, WEB: 0.08, MARKUP: 0.02}
COOLDOWN = ("cooldown", 40, {BEST: 0.8, WEB: 0.16, MARKUP: 0.04})

# (phase, billions of tokens, share by group): the paper's table of variants
VARIANTS: dict[str, list[tuple[str, int, dict[str, float]]]] = {
    "text-only": [("init", 400, {TEXT: 1}), COOLDOWN],
    "balanced-only": [("init", 400, HALF), COOLDOWN],
    "balanced-to-text": [("init", 200, HALF), ("continue", 200, MOSTLY_TEXT), COOLDOWN],
    "code-to-text": [("init", 200, {WEB: 0.8, MARKUP: 0.2}), ("continue", 200, MOSTLY_TEXT), COOLDOWN],
    "ratio-sweep": [("init", 200, HALF)],
    "cooldown-none": [("init", 200, HALF), ("continue", 200, MOSTLY_TEXT)],
    "cooldown-without-code": [("init", 200, HALF), ("continue", 200, MOSTLY_TEXT), ("cooldown", 40, {BEST: 1})],
    "code-quality-web": [("init", 200, {WEB: 1})],
    "code-quality-markup": [("init", 200, {WEB: 0.8, MARKUP: 0.2})],
    "code-quality-adjacent": [("init", 200, {WEB: 0.85, ADJACENT: 0.15})],
    "code-quality-synthetic": [("init", 200, {WEB: 0.9, SYNTHETIC: 0.1})],
}
NAMES = sorted(VARIANTS)


def recipe_of(name: str) -> Recipe:
    return load_recipe(RECIPES / "paper" / f"{name}.yaml")


@cache
def demo_samples() -> list[SourceEstimate]:
    """The demo's sources, read once: all recipes here are over them."""
    return list(sample_sources(recipe_of("text-only")))


def in_group(group: str, outer: str) -> bool:
    return group == outer or group.startswith(f"{outer}/")


def test_every_variant_of_the_paper_has_its_recipe() -> None:
    assert sorted(path.stem for path in (RECIPES / "paper").glob("*.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_says_what_the_papers_table_says_and_previews_on_the_demo(name: str) -> None:
    recipe = recipe_of(name)
    assert recipe.name == name
    assert [(phase.name, budget // 10**9) for phase, budget in zip(recipe.phases, recipe.budgets(), strict=True)] == [
        (phase, budget) for phase, budget, _ in VARIANTS[name]
    ]
    plan = estimated_plan(recipe.with_budget(BUDGET), demo_samples())
    groups = {source.name: source.group for source in plan.request.sources}
    for phase, (_, _, wanted) in zip(plan.phases, VARIANTS[name], strict=True):
        for group in (TEXT, WEB, MARKUP, ADJACENT, SYNTHETIC, BEST):
            share = sum(part.asked_share for part in phase.sources if in_group(groups[part.source], group))
            assert share == pytest.approx(wanted.get(group, 0)), (phase.name, group)


def test_the_cooldown_arms_share_what_comes_before_the_cooldown() -> None:
    """So that a trainer can resume the checkpoint of one arm with another's cooldown."""
    none = estimated_plan(recipe_of("cooldown-none").with_budget(400_000), demo_samples())
    for other in ("cooldown-without-code", "balanced-to-text"):
        plan = estimated_plan(recipe_of(other).with_budget(440_000), demo_samples())
        assert plan.phases[:2] == none.phases


@pytest.mark.parametrize("ratio", [0, 0.25, 0.5, 0.75, 0.9, 1])
def test_the_sweep_is_one_recipe_at_six_ratios(ratio: float) -> None:
    plan = estimated_plan(recipe_of("ratio-sweep").with_budget(BUDGET).with_code_ratio(ratio), demo_samples())
    asked = sum(part.asked_share for part in plan.phases[0].sources if part.source != "pages")
    assert asked == pytest.approx(ratio)


def test_the_companys_recipe_is_valid_and_spreads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CRAWL", "REPOSITORIES", "EVENTS"):
        monkeypatch.setenv(name, str(tmp_path))
    recipe = load_recipe(RECIPES / "company-cooldown.yaml")
    assert recipe.budgets() == [8_000_000_000, 2_000_000_000]
    tokens = {"web": 10**10, "files": 10**9, "commits": 10**9, "pull_requests": 10**6}
    estimates = [SourceEstimate(name, 1, n, n, n, "sampled", complete=True) for name, n in tokens.items()]
    plan = estimated_plan(recipe, estimates)
    group_of = {source.name: source.group for source in plan.request.sources}
    company = sum(part.asked_share for part in plan.phases[1].sources if group_of[part.source].startswith("code/"))
    assert company == pytest.approx(0.5)


@pytest.mark.slow
@pytest.mark.skipif(find_java() is None, reason="no Java 17: install a JRE or run `make setup`")
def test_every_recipe_builds_on_the_demos_lake(spark: Any, tmp_path: Path) -> None:
    """Text stages run once; each recipe after the first redoes plan and mix alone, and its preview was exact."""
    del spark  # the session that `new_context` finds
    for number, name in enumerate(NAMES):
        recipe = recipe_of(name).with_budget(BUDGET)
        context = new_context(recipe, str(tmp_path / "lake"), quiet=True)
        expected = None
        if number:
            expected = outlook(context)
            assert expected.exact
        manifest = build(context)
        assert manifest is not None
        audit(Path(context.mixture_uri))
        if expected is not None:
            assert [phase.model_dump() for phase in expected.plan.phases] == [p.model_dump() for p in manifest.phases]
            assert context.tasks_run == len(manifest.files)
        assert read_manifest(context.mixture_uri).name == name

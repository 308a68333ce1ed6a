"""A change means what it says; what names nothing is refused with the nearest name."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.estimates.changes import Change, changed_recipe, overridden, parse_change
from pipelines.recipe import Recipe
from pipelines.recipe_keys.problems import RecipeError
from tests.pipelines.estimates.lakes import recipe_of


def recipe() -> Recipe:
    sources: list[dict[str, Any]] = [
        {"name": "web.2024", "kind": "jsonl", "uri": "a", "rules": ["language", "gopher_quality"]},
        {"name": "forum", "kind": "jsonl", "uri": "b", "rules": ["length", {"gopher_quality": {"min_words": 7}}]},
    ]
    return recipe_of(Path("."), ["forum"], sources=sources)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("rules.gopher_quality.min_words=100", Change(None, "gopher_quality", "min_words", 100)),
        ("quality.gopher.min_words=100", Change(None, "gopher_quality", "min_words", 100)),
        ("quality.lang.languages=[en, de]", Change(None, "language", "languages", ["en", "de"])),
        ("sources.web.2024.gopher.max_words = 9", Change("web.2024", "gopher_quality", "max_words", 9)),
        ("sources.forum.length.min_chars=0", Change("forum", "length", "min_chars", 0)),
    ],
)
def test_spellings(text: str, change: Change) -> None:
    assert parse_change(recipe(), text) == change


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not understood"),
        ("rules.gopher_quality.min_words", "is not understood"),
        ("gopher_quality.min_words=1", "is not understood"),
        ("rules.min_words=1", "is not understood"),
        ("rules.forum.gopher_quality.min_words=1", "is not understood"),
        ("sources.gopher_quality.min_words=1", "is not understood"),
        ("rules.gofer_quality.min_words=1", "did you mean 'gopher_quality'"),
        ("rules..min_words=1", "unknown rule ''"),
        ("rules.gopher.min_wrods=1", "did you mean 'min_words'"),
        ("rules.l.no_such=1", "rules language, length begin with 'l'"),
        ("sources.forums.gopher.min_words=1", "did you mean 'forum'"),
        ("sources.forum.language.min_score=1", "source 'forum' is not judged by rule 'language'"),
        ("rules.starcoder.max_line_chars=1", "unknown setting|no source of the recipe is judged"),
        ("rules.gopher.min_words={a: 1}", "neither one value nor a list"),
        ("rules.gopher.min_words=[[1]]", "neither one value nor a list"),
        ("rules.gopher.min_words=", "neither one value nor a list"),
        ("rules.gopher.min_words=[1", "is not valid YAML"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_change(recipe(), text)


@pytest.mark.parametrize("value", ["-1", "many", "1.5", "[1]"])
def test_a_value_that_the_rule_refuses(value: str) -> None:
    change = parse_change(recipe(), f"rules.gopher.min_words={value}")
    with pytest.raises(RecipeError, match=r"settings of rule 'gopher_quality': min_words: "):
        changed_recipe(recipe(), [change])


def test_a_default_reaches_the_sources_that_set_nothing_themselves() -> None:
    change = parse_change(recipe(), "rules.gopher.min_words=100")
    changed = changed_recipe(recipe(), [change])
    bounds = {s.name: changed.checks(s)["gopher_quality"][0].bound for s in changed.sources}
    assert bounds == {"web.2024": 100, "forum": 7}
    assert overridden(recipe(), change) == ["forum"]
    assert recipe().checks(recipe().sources[0])["gopher_quality"][0].bound == 20


def test_a_sources_change_reaches_it_alone_and_the_last_one_holds() -> None:
    texts = ["sources.forum.gopher.min_words=30", "sources.forum.gopher.min_words=40"]
    changes = [parse_change(recipe(), text) for text in texts]
    changed = changed_recipe(recipe(), changes)
    bounds = {s.name: changed.checks(s)["gopher_quality"][0].bound for s in changed.sources}
    assert bounds == {"web.2024": 20, "forum": 40}
    assert list(changed.sources[1].own_rules()) == ["length", "gopher_quality"]
    assert overridden(recipe(), changes[0]) == []

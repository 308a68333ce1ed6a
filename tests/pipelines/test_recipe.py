from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mixer.request import SourceTokens, is_code
from mixer.weights import phase_shares
from pipelines.build import DEFAULT_RECIPE
from pipelines.recipe import Recipe, load_recipe, parse_recipe
from pipelines.recipe_keys.problems import RecipeError
from pipelines.steps.plan import request_of


def content(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "name": "test",
        "sources": [
            {"name": "pages", "kind": "web", "uri": "pages.warc.gz", "rules": ["gopher_quality"]},
            {"name": "forum", "kind": "web", "uri": "forum.warc.gz"},
            {"name": "files", "kind": "git_files", "uri": "repo"},
            {"name": "prs", "kind": "pull_requests", "uri": "events"},
        ],
        "phases": [{"budget_tokens": 1000, "weights": {"pages": 0.6, "forum": 0.2, "files": 0.1, "prs": 0.1}}],
    }
    return base | changes


def problem(**changes: Any) -> str:
    with pytest.raises(RecipeError) as error:
        parse_recipe(content(**changes))
    return str(error.value)


def test_the_demo_recipe_is_valid() -> None:
    recipe = load_recipe(DEFAULT_RECIPE)
    assert {is_code(source.group_name()) for source in recipe.sources} == {True, False}
    assert all(Path(uri).is_absolute() or uri == "environment" for source in recipe.sources for uri in source.uris())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sequence_lenght": 512}, "unknown key 'sequence_lenght'; did you mean 'sequence_length'?"),
        ({"phases": [{"budget_tokens": 10, "weigths": {"pages": 1}}]}, "did you mean 'weights'?"),
        ({"dedup": {"bandz": 3}}, "did you mean 'bands'?"),
        ({"rules": {"gopher_qualty": {}}}, "unknown rule 'gopher_qualty'; did you mean 'gopher_quality'?"),
        ({"rules": {"gopher_quality": {"min_wrods": 3}}}, "min_wrods"),
        ({"sources": [{"name": "x", "kind": "wep", "uri": "y"}]}, "unknown source kind 'wep'; did you mean 'web'?"),
        ({"sources": [{"name": "x", "kind": "web", "uri": "y", "options": {"max_bites": 1}}]}, "max_bites"),
        ({"sources": [{"name": "../x", "kind": "web", "uri": "y"}]}, "a name has 1 to 64 letters"),
        (
            {"phases": [{"budget_tokens": 10, "weights": {"page": 1}}]},
            "'page' is neither a source nor a group here; did you mean 'pages'?",
        ),
        ({"phases": [{"budget_tokens": 10, "weights": {"pages": 0}}]}, "every weight is 0"),
        ({"phases": [{"budget_tokens": 10, "weights": {"pages": -1}}]}, "greater than or equal to 0"),
        ({"phases": [{"budget_tokens": 10, "weights": {"pages": float("nan")}}]}, "finite"),
        ({"phases": [{"budget_tokens": 0, "weights": {"pages": 1}}]}, "greater than 0"),
        ({"name": "a/b"}, "a name has"),
        (
            {"tiers": [{"name": "best", "from": "page", "where": "x > 1"}]},
            "unknown source 'page'; did you mean 'pages'?",
        ),
        ({"tiers": [{"name": "pages", "from": "forum", "where": "x > 1"}]}, "found twice: pages"),
        ({"tiers": [{"name": "best", "from": "pages"}]}, "where"),
        ({"groups": {"all": {"wieghts": "natural"}}}, "did you mean 'weights'?"),
        ({"phases": [{"budget_share": 1, "weights": {"pages": 1}}]}, "no budget_tokens of its own"),
        ({"phases": [{"budget_share": 1, "budget_tokens": 9, "weights": {"pages": 1}}]}, "needs one of budget_tokens"),
        ({"budget_tokens": 9}, "budget_tokens that no phase takes a budget_share of"),
        ({"phases": [{"budget_tokens": "ten", "weights": {"pages": 1}}]}, "'ten' is no number of tokens"),
        ({"phases": [{"budget_tokens": 9, "weights": {"text": 1}, "code_ratio": 0.5}]}, "asked for 50% code"),
    ],
)
def test_a_mistake_is_named_with_the_way_out(changes: dict[str, Any], message: str) -> None:
    assert message in problem(**changes)


def test_every_problem_is_told_at_once() -> None:
    text = problem(sequence_length=3, seed=-1)
    assert "sequence_length" in text
    assert "seed" in text


def weights(recipe: Recipe, tokens: int = 100) -> dict[str, float]:
    """The shares that the planner makes of the first phase, over sources of equal size."""
    sources = [
        SourceTokens(name=part.name, kind=part.kind, group=part.group, documents=1, block_tokens={0: tokens})
        for part in recipe.mixed()
    ]
    request = request_of(recipe, sources)
    return {name: float(share) for name, share in phase_shares(request, request.phases[0], []).items()}


@given(st.decimals(0, 1, places=4))
def test_code_ratio_sets_the_share_of_code_and_keeps_the_proportions(ratio: Any) -> None:
    new = weights(parse_recipe(content()).with_code_ratio(float(ratio)))
    assert new["files"] + new["prs"] == pytest.approx(float(ratio))
    assert new["pages"] + new["forum"] == pytest.approx(1 - float(ratio))
    assert new["pages"] == pytest.approx(3 * new["forum"])
    assert new["files"] == pytest.approx(new["prs"])


@pytest.mark.parametrize("ratio", [-0.1, 1.01, float("nan")])
def test_a_ratio_outside_its_range_is_refused(ratio: float) -> None:
    with pytest.raises(RecipeError, match="a share from 0 to 1"):
        parse_recipe(content()).with_code_ratio(ratio)


def test_a_ratio_without_code_to_give_is_refused_before_any_work() -> None:
    recipe = parse_recipe(content(phases=[{"budget_tokens": 10, "weights": {"pages": 1}}]))
    with pytest.raises(RecipeError, match="phase 'train' is asked for 50% code, and no code source"):
        recipe.with_code_ratio(0.5)
    assert weights(recipe.with_code_ratio(0))["pages"] == 1.0


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=4), st.integers(1000, 10**13))
def test_a_budget_scales_the_phases_and_adds_up(budgets: list[int], budget: int) -> None:
    phases = [
        {"name": f"p{number}", "budget_tokens": tokens, "weights": {"pages": 1}}
        for number, tokens in enumerate(budgets)
    ]
    recipe = parse_recipe(content(phases=phases)).with_budget(budget)
    assert abs(sum(recipe.budgets()) - budget) < len(budgets)
    for scaled, tokens in zip(recipe.budgets(), budgets, strict=True):
        assert abs(scaled - budget * tokens / sum(budgets)) <= 2


def test_uris_are_taken_from_the_recipes_folder_and_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [
        {"name": "a", "kind": "web", "uri": ["../raw/a.warc", "s3://bucket/a.warc"]},
        {"name": "b", "kind": "web", "uri": "${MIXDOWN_TEST_DATA}/b.warc"},
    ]
    path = tmp_path / "recipes" / "r.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(content(sources=sources, phases=[{"budget_tokens": 99, "weights": {"a": 1}}])))
    with pytest.raises(RecipeError, match="not set in the environment"):
        load_recipe(path)
    monkeypatch.setenv("MIXDOWN_TEST_DATA", "/data")
    recipe = load_recipe(path)
    assert recipe.sources[0].uris() == [str(tmp_path / "raw" / "a.warc"), "s3://bucket/a.warc"]
    assert recipe.sources[1].uris() == ["/data/b.warc"]


@pytest.mark.parametrize("text", ["a: [", "- 1", "!!python/object/apply:os.system ['true']"])
def test_what_is_no_recipe_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError):
        load_recipe(path)
    with pytest.raises(RecipeError, match="no recipe at"):
        load_recipe(tmp_path / "missing.yaml")


def test_a_source_may_have_its_own_settings_of_a_rule() -> None:
    sources = [
        {"name": "a", "kind": "web", "uri": "a", "rules": ["gopher_quality", {"license": {"allow_missing": True}}]},
        {"name": "b", "kind": "web", "uri": "b", "rules": ["license"]},
    ]
    recipe = parse_recipe(content(sources=sources, phases=[{"budget_tokens": 9, "weights": {"a": 1}}]))
    bounds = [recipe.checks(source)["license"][0].bound for source in recipe.sources]
    assert bounds == [0, 1]
    bad = {"name": "a", "kind": "web", "uri": "a", "rules": [{"license": {"allow": True}}]}
    assert "allow" in problem(sources=[bad])


def test_weights_may_name_groups_and_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "doremi.csv").write_text("source,weight\ntext,3\ncode,1\n")
    (tmp_path / "regmix.json").write_text('{"files": 0.9, "prs": 0.1}')
    recipe_content = content(
        groups={"code": {"weights": "regmix.json"}, "text": {"weights": "uniform"}},
        phases=[{"budget_tokens": "1.5K", "weights": "doremi.csv"}],
    )
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(recipe_content))
    recipe = load_recipe(path)
    assert recipe.budgets() == [1500]
    assert weights(recipe) == pytest.approx({"pages": 0.375, "forum": 0.375, "files": 0.225, "prs": 0.025})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("w.csv", "a,b,c\n", "exactly two columns"),
        ("w.csv", "source,weight\npages,much\n", "could not convert"),
        ("w.csv", "pages,1\npages,2\n", "twice"),
        ("w.json", "[1, 2]", "not a JSON object"),
        ("w.json", '{"pages": 1, "pages": 2}', "twice"),
        ("w.json", "{", "Expecting property name"),
        ("missing.csv", None, "cannot be read"),
    ],
)
def test_weights_that_cannot_be_read_are_refused(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(content(phases=[{"budget_tokens": 9, "weights": name}])))
    with pytest.raises(RecipeError, match=message):
        load_recipe(path)


def test_sources_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    """A recipe over groups runs on any sources file that has those groups."""
    shared = {key: content()[key] for key in ("sources",)} | {"rules": {"length": {"min_chars": 9}}}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sources.yaml").write_text(yaml.safe_dump(shared))
    mixture = {
        "name": "half",
        "sources": "data/sources.yaml",
        "phases": [{"budget_tokens": 9, "weights": {"text": 0.5, "code": 0.5}}],
    }
    path = tmp_path / "half.yaml"
    path.write_text(yaml.safe_dump(mixture))
    recipe = load_recipe(path)
    assert recipe.rules == {"length": {"min_chars": 9}}
    assert recipe.sources[0].uris() == [str(tmp_path / "data" / "pages.warc.gz")]
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump({"sources": [shared["sources"][0] | {"uri": "x"}]}))
    with pytest.raises(RecipeError, match="'code' is neither a source nor a group here"):
        load_recipe(path, other)
    other.write_text(yaml.safe_dump({"sources": [], "phases": []}))
    with pytest.raises(RecipeError, match="unknown key 'phases'"):
        load_recipe(path, other)


def test_shares_of_a_budget_are_normalised_with_a_note() -> None:
    phases = [{"name": name, "budget_share": share, "weights": {"pages": 1}} for name, share in (("a", 9), ("b", 1))]
    recipe = parse_recipe(content(budget_tokens="440B", phases=phases))
    assert recipe.budgets() == [396_000_000_000, 44_000_000_000]
    assert "do not sum to 1" in recipe.notes()[0]
    assert recipe.with_budget(1000).budgets() == [900, 100]


def test_uris_among_the_options_start_at_the_recipes_folder_too(tmp_path: Path) -> None:
    options = {"rest": ["answers", "s3://bucket/answers"], "repositories": ["../mirrors/*.git"]}
    source = {"name": "pulls", "kind": "pull_requests", "uri": "events", "options": options}
    path = tmp_path / "recipes" / "mine.yaml"
    path.parent.mkdir()
    path.write_text(
        yaml.safe_dump(
            {"name": "mine", "sources": [source], "phases": [{"budget_tokens": 1000, "weights": {"pulls": 1}}]}
        )
    )
    (found,) = load_recipe(path).sources
    to_read = found.options_to_read().plain()
    assert to_read["rest"] == (str(path.parent / "answers"), "s3://bucket/answers")
    assert to_read["repositories"] == (str(tmp_path / "mirrors" / "*.git"),)
    assert found.parsed_options().plain()["rest"] == ("answers", "s3://bucket/answers")  # what a fingerprint takes


@pytest.mark.parametrize(
    "uri", ["https://anna:hush@example.org/a.warc.gz", "${PLACE}", "https://example.org/a?X-Amz-Signature=hush"]
)
def test_credentials_in_a_uri_are_refused_and_not_repeated(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACE", "s3://anna:hush@bucket/a.warc.gz")
    sources = [{"name": "pages", "kind": "web", "uri": uri}]
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(content(sources=sources, phases=[{"budget_tokens": 10, "weights": {"pages": 1}}])))
    with pytest.raises(RecipeError, match="give credentials by the environment") as error:
        load_recipe(path)
    assert "hush" not in str(error.value)

"""Preview as a person uses it: exact or estimated, sweeps, samples, pictures. No Spark."""

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from mixer.plan import plan_mixture
from mixer.request import with_budget
from pipelines import cli
from pipelines.previews.outlook import Outlook, outlook
from pipelines.previews.plot import write_plot
from pipelines.previews.row_samples import as_text, planned_rows, printable
from pipelines.previews.sweep import sweep, sweep_table
from pipelines.recipe import Recipe
from pipelines.recipe_keys.problems import RecipeError
from pipelines.reporting.samples import Passage, Piece, Sample
from tests.pipelines.estimates.lakes import build, new_context, recipe_of, write_input

RATIOS = [0, 0.25, 0.5, 0.75, 0.9, 1]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    write_input(folder, "words")
    write_input(folder, "programs", files=1)
    return folder


def half(inputs: Path, **changes: object) -> Recipe:
    sources = [
        {"name": "words", "kind": "jsonl", "uri": str(inputs / "words"), "group": "text/web", "rules": ["length"]},
        {"name": "programs", "kind": "jsonl", "uri": str(inputs / "programs"), "group": "code/web"},
    ]
    phases = [{"budget_tokens": 16_384, "weights": {"text": 0.5, "code": 0.5}}]
    return recipe_of(inputs, [], **({"sources": sources, "phases": phases} | changes))


@pytest.fixture(scope="module")
def built(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    build(half(inputs), folder)
    return folder


@pytest.fixture(scope="module")
def view(inputs: Path, built: Path) -> Outlook:
    return outlook(new_context(half(inputs), built))


def test_over_token_blocks_it_is_exact_and_says_the_largest_budget(view: Outlook) -> None:
    assert view.exact
    assert view.how == "exact"
    largest = view.content()["largest_budget_tokens"]
    assert largest == view.planner.largest_budget()
    plan_mixture(with_budget(view.plan.request, largest))
    with pytest.raises(ValueError, match="cannot reach this mixture"):
        plan_mixture(with_budget(view.plan.request, largest + 128))


def test_with_nothing_built_it_is_an_estimate_and_says_so(inputs: Path, tmp_path: Path, view: Outlook) -> None:
    estimated = outlook(new_context(half(inputs), tmp_path))
    assert not estimated.exact
    assert estimated.how == "ESTIMATED from a sample, before dedup"
    content = estimated.content()
    assert {estimate["source"] for estimate in content["estimates"]} == {"words", "programs"}
    assert "is not built" in content["notes"][0]
    for got, exact in zip(content["sources"], view.content()["sources"], strict=True):
        assert got["available_tokens"] >= exact["available_tokens"]  # each was read whole, before dedup


def test_a_sweep_has_a_row_a_ratio_and_each_is_that_recipes_plan(view: Outlook, inputs: Path, built: Path) -> None:
    rows = sweep(view, RATIOS)
    assert [row.code_ratio for row in rows] == RATIOS
    for row in rows:
        plan = outlook(new_context(half(inputs).with_code_ratio(row.code_ratio), built)).plan
        assert row.shares == {source.name: source.share for source in plan.sources}
        assert abs(row.code_share - row.code_ratio) * plan.rows < 1
        assert row.is_feasible
    assert max(rows, key=lambda row: row.largest_budget_tokens or 0).code_ratio == 0.25  # a third as much code as text
    assert sweep_table(rows, view.how).row_count == len(RATIOS)


def test_a_sweep_shows_ratios_that_are_out_of_reach(inputs: Path, built: Path) -> None:
    tokens = 4 * outlook(new_context(half(inputs), built)).plan.sources[1].available_tokens
    recipe = half(inputs).with_budget(tokens)
    feasible = {row.code_ratio: row.is_feasible for row in sweep(outlook(new_context(recipe, built)), [0.25, 1.0])}
    assert feasible[0.25]
    recipe = half(inputs).with_budget(tokens + 6400)
    rows = sweep(outlook(new_context(recipe, built)), [0.25, 1.0])
    assert [row.is_feasible for row in rows] == [True, False]


def test_a_sweep_needs_both_sides(inputs: Path, built: Path) -> None:
    recipe = half(inputs, phases=[{"budget_tokens": 4096, "weights": {"text": 1}}])
    with pytest.raises(RecipeError, match="no code source"):
        sweep(outlook(new_context(recipe, built)), [0.5])


@pytest.mark.parametrize("packing", ["concat", "best_fit"])
def test_samples_are_rows_of_the_mixture_that_would_be_built(packing: str, inputs: Path, built: Path) -> None:
    context = new_context(half(inputs, packing=packing), built)
    found = outlook(context)
    samples = planned_rows(context, found.plan, 3)
    assert [sample.row for _, sample in samples] == [(2 * number + 1) * found.plan.rows // 6 for number in range(3)]
    assert {source for source, _ in samples} <= {"words", "programs"}
    for _, sample in samples:
        assert sample.tokens + sample.padding_tokens == 64


def test_what_a_row_holds_cannot_steer_the_terminal() -> None:
    sample = Sample(1, 9, 0, 0, 9, 1, [Passage(True, [Piece("a\x1b[31m[bold]b\u202e", False), Piece("<pr>", True)])])
    text = as_text("pages", sample)
    assert "a\\u001b[31m[bold]b\\u202e" in text.plain
    assert [span.style for span in text.spans if text.plain[span.start : span.end] == "<pr>"] == ["reverse"]
    assert printable("é\tü\n") == "é\tü\n"


def test_pictures_are_files_of_their_kind_and_load_nothing(view: Outlook, tmp_path: Path) -> None:
    rows = sweep(view, RATIOS)
    write_plot(tmp_path / "mixture.png", view, rows)
    assert (tmp_path / "mixture.png").read_bytes().startswith(b"\x89PNG")
    write_plot(tmp_path / "mixture.html", view)
    page = (tmp_path / "mixture.html").read_text(encoding="utf-8")
    links = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            links.extend(value for name, value in attrs if name in ("src", "href", "xlink:href") and value)

    Links().feed(page)
    assert all(link.startswith("#") for link in links)
    assert "programs" in page
    write_plot(tmp_path / "again.html", view)
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page
    with pytest.raises(RecipeError, match=r"\.png, \.svg or \.html"):
        write_plot(tmp_path / "mixture.gif", view)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["mixdown", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def test_the_command_prints_what_the_options_ask_for(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "half.yaml"
    content = half(inputs).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    recipe.write_text(json.dumps(content), encoding="utf-8")
    arguments = ["preview", str(recipe), "--lake", str(tmp_path / "lake")]
    assert run(monkeypatch, *arguments, "--sweep", "0,1", "--samples", "1", "--budget", "8K") == 0
    shown = capsys.readouterr().out
    assert "sweep over code ratios (ESTIMATED" in shown
    assert "samples are made from token blocks" in shown
    assert "95 % interval" in shown
    assert run(monkeypatch, *arguments, "--sweep", "0,half") == 2
    assert "ratios between commas" in capsys.readouterr().err
    assert run(monkeypatch, *arguments, "--what-if", "rules.length.min_chars=500") == 2
    assert "until annotate" in capsys.readouterr().err
    assert run(monkeypatch, *arguments, "--json", "--sweep", "0.5") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sweep"][0]["code_ratio"] == 0.5
    assert np.isclose(sum(found["sweep"][0]["shares"].values()), 1)

"""The picture of signals: a panel a bounded signal, pages where there are many, the same bytes again."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.recipe_keys.problems import RecipeError
from pipelines.rule_listing.histograms import Panel, panels, undrawn
from pipelines.rule_listing.hits import source_hits
from pipelines.rule_listing.plot import PANELS_IN_ROW, ROWS_ON_PAGE, write_plot
from quality.rule import Check
from tests.pipelines.rule_listing.decided_lake import decided_source

ROWS = [{"n_words": number, "symbol_share": 0.3, "language": "de"} for number in range(60)] + [
    {"n_words": 0, "unmeasured": "too_large"},
    {"n_words": None},
]


@pytest.fixture
def found(tmp_path: Path) -> list[Panel]:
    source = decided_source(tmp_path, ROWS)
    return panels(source, source_hits(source))


def test_a_panel_for_each_numeric_signal_that_a_rule_bounds(found: list[Panel], tmp_path: Path) -> None:
    by_signal = {panel.signal: panel for panel in found}
    assert list(by_signal) == ["n_words", "symbol_share", "n_lines"]
    words = by_signal["n_words"]
    assert (words.kept + words.rejected, words.without_value) == (60, 1)  # what was not measured is left out
    assert [(bound.reason, bound.value, bound.hits.failing) for bound in words.bounds] == [
        ("words.few", 5, 5),
        ("words.many", 50, 9),
    ]
    assert [bound.languages for bound in by_signal["symbol_share"].bounds] == ["only en", "only de"]
    assert len(by_signal["symbol_share"].chart.lines) == 2
    source = decided_source(tmp_path, ROWS, checks={"wanted": (Check("not", "language", "in", frozenset({"en"})),)})
    hits = source_hits(source)
    assert (panels(source, hits), list(undrawn(hits))) == ([], ["language"])


def test_scores_of_classifiers_have_panels_with_their_bounds_and_without(tmp_path: Path) -> None:
    rows = [{"scores": [("edu", number / 60), ("hq", 0.25)]} for number in range(60)] + [{"scores": [("edu", None)]}]
    checks = {"classifier": (Check("edu", "scores.edu", ">=", 0.5, null_fails=True),)}
    source = decided_source(tmp_path, rows, checks=checks, scores=("scores.edu", "scores.hq"))
    edu, hq = panels(source, source_hits(source))
    assert (edu.signal, edu.kept, edu.rejected, edu.without_value) == ("scores.edu", 30, 30, 1)
    assert [(bound.value, bound.hits.failing) for bound in edu.bounds] == [(0.5, 31)]
    assert {column.label for column in edu.chart.columns} >= {"0.45 to below 0.5", "0.5 to below 0.55"}
    assert (hq.signal, hq.kept, hq.rejected, hq.without_value, hq.bounds) == ("scores.hq", 30, 30, 1, [])
    assert [panel.signal for panel in panels(source, source_hits(source), with_scores=False)] == ["scores.edu"]
    assert write_plot(tmp_path / "s.svg", [edu, hq], "scores") == [tmp_path / "s.svg"]


def test_pictures_are_of_their_kind_and_load_nothing(found: list[Panel], tmp_path: Path) -> None:
    assert write_plot(tmp_path / "s.png", found, "small") == [tmp_path / "s.png"]
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")
    write_plot(tmp_path / "s.svg", found, "small")
    drawing = (tmp_path / "s.svg").read_text(encoding="utf-8")
    assert "<svg" in drawing
    write_plot(tmp_path / "again.svg", found, "small")
    assert (tmp_path / "again.svg").read_text(encoding="utf-8") == drawing
    write_plot(tmp_path / "s.html", found, "small & <hostile>")
    page = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert "<title>small &amp; &lt;hostile&gt;</title>" in page
    links = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            links.extend(value for name, value in attrs if name in ("src", "href", "xlink:href") and value)

    Links().feed(page)
    assert all(link.startswith("#") for link in links)
    with pytest.raises(RecipeError, match=r"\.png, \.svg or \.html"):
        write_plot(tmp_path / "s.gif", found, "small")


def test_many_signals_go_on_several_pages(found: list[Panel], tmp_path: Path) -> None:
    many = found[:1] * (PANELS_IN_ROW * ROWS_ON_PAGE + 1)
    assert [path.name for path in write_plot(tmp_path / "s.svg", many, "many")] == ["s-1.svg", "s-2.svg"]
    assert write_plot(tmp_path / "s.html", many, "many") == [tmp_path / "s.html"]
    page = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert len(re.findall("<svg", page)) == 2

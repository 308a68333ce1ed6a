"""The report's signal histograms: every judged document in one column, thresholds where they refuse."""

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer import storage
from pipelines.report import write_report
from pipelines.reporting import histogram
from pipelines.reporting.files import Gone, MixtureFiles
from pipelines.reporting.histogram import COUNTS, FEW, SHARES, WIDTH, Scale, chart, scale_of, short
from pipelines.reporting.signals import ALWAYS, CHECKS, MAX_SIGNALS, Tally, Threshold, bounds, source_signals
from pipelines.steps.decide import settings_of
from quality.rule import Check, rules
from quality.signal_group import signals_schema
from tests.pipelines.small_lake import build_lake, documents

SCALES = [value for value in vars(histogram).values() if isinstance(value, Scale)]


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> str:
    return build_lake(tmp_path_factory.mktemp("signals") / "lake")


@pytest.fixture
def judged(mixture: str, tmp_path: Path) -> Path:
    """A copy in which the rules rejected the second and the last page, and the first page's words are unknown."""
    shutil.copytree(Path(mixture).parents[2], tmp_path / "lake")
    verdicts = next((tmp_path / "lake" / "stages" / "decide" / "pages").rglob("part-*"))
    table = storage.read_table(str(verdicts))
    keep = pa.array([True, False, True, True, False])
    pq.write_table(table.set_column(1, table.schema.field("keep"), keep), verdicts)
    annotated = next((tmp_path / "lake" / "stages" / "annotate" / "pages").rglob("part-*"))
    table = storage.read_table(str(annotated))
    words = pa.array([None, *table.column("n_words").to_pylist()[1:]], pa.int64())
    at = table.schema.get_field_index("n_words")
    pq.write_table(table.set_column(at, table.schema.field("n_words"), words), annotated)
    return tmp_path / "lake" / Path(mixture).relative_to(Path(mixture).parents[2])


def test_every_judged_document_is_in_one_column(judged: Path) -> None:
    found = {h.signal: h for h in source_signals(MixtureFiles.at(str(judged)), "pages").histograms}
    assert list(found) == ["n_chars", "n_bytes", *ALWAYS]  # what the rule `length` bounds, then the rest
    lengths = [len(document.text) for document in documents()["pages"]]
    for column in found["n_chars"].chart.columns:
        if column.above or column.below:
            low, high = (int(part.replace(",", "")) for part in column.label.split(" to "))
            inside = [low <= length <= high for length in lengths]
            assert (column.above, column.below) == (sum(np.take(inside, [0, 2, 3])), sum(np.take(inside, [1, 4])))
    for signal, shown in found.items():
        missing = int(signal == "n_words")
        assert (shown.kept, shown.rejected, shown.without_value) == (3 - missing, 2, missing)
        assert sum(column.above for column in shown.chart.columns) == shown.kept
        assert sum(column.below for column in shown.chart.columns) == shown.rejected


def test_scores_of_classifiers_are_drawn(judged: Path) -> None:
    annotated = next((judged.parents[2] / "stages" / "annotate" / "pages").rglob("part-*"))
    table = storage.read_table(str(annotated))
    at = table.schema.get_field_index("scores")
    scores = pa.array([[("edu", number / 8)] for number in range(4)] + [None], table.schema.field(at).type)
    pq.write_table(table.set_column(at, table.schema.field(at), scores), annotated)
    manifest = annotated.with_name("manifest.json")
    content = json.loads(manifest.read_text())
    content["settings"].setdefault("groups", {})["classifiers"] = {"version": 1, "settings": {"edu": {}}}
    manifest.write_text(json.dumps(content))
    found = source_signals(MixtureFiles.at(str(judged)), "pages").histograms
    edu = next(shown for shown in found if shown.signal == "scores.edu")
    assert (edu.kept, edu.rejected, edu.without_value) == (3, 1, 1)
    assert all(column.label.startswith(f"{round(0.05 * at, 2):g} ") for at, column in enumerate(edu.chart.columns))


def test_the_page_shows_thresholds_and_a_table_of_each_chart(judged: Path) -> None:
    html = Path(write_report(str(judged))).read_text(encoding="utf-8")
    assert "length ≥ 50" in html
    assert "length ≤ 1,048,576" in html
    assert html.count('class="threshold"') == 4  # two of each source
    assert html.count('class="below"') > 0
    assert "1 without a value" in html
    assert "n_chars of pages: 3 documents kept, 2 rejected" in html
    assert re.search(r"<caption[^>]*>n_chars of pages</caption>", html)


def test_thresholds_come_from_what_the_stage_was_asked() -> None:
    rule = rules()["starcoder_lines"]
    asked = {"starcoder_lines": rule.checks(rule.settings())}
    kept = CHECKS.validate_python(settings_of(asked)["checks"])
    assert {name: tuple(checks) for name, checks in kept.items()} == asked
    found = bounds(kept, {"starcoder_lines.too_few_letters": 25})
    assert found["alphabetic_share"] == [Threshold("starcoder_lines", ">=", 0.25, 25)]
    assert found["max_line_chars"][0].text == "starcoder_lines ≤ 1,000, not for 8 languages"
    license_rule = rules()["license"]
    assert "license_choices" not in bounds(
        {"license": license_rule.checks(license_rule.settings())}, {}
    )  # a set is no threshold on an axis


def test_bounds_say_for_which_languages_they_are_and_whose_failures_are_counted() -> None:
    en, most = frozenset({"en"}), frozenset({"de", "fr", "ja"})
    asked = {
        "words": (
            Check("few", "n_words", ">=", 50, only_for=en),
            Check("few", "n_words", ">=", 20, not_for=en),
            Check("many", "n_words", "<=", 900, only_for=most, exempt_languages=frozenset({"JSON"})),
        ),
        "found": (Check("overlap", "n_words", "none", 0),),
    }
    kept = CHECKS.validate_python(settings_of(asked)["checks"])
    assert {name: tuple(checks) for name, checks in kept.items()} == asked
    found = bounds(kept, {"words.few": 1, "words.many": 1200, "found.overlap": 9})["n_words"]  # "none" is no bound
    assert [threshold.text for threshold in found] == [
        "words ≥ 50, only en",
        "words ≥ 20, not for en",
        "words ≤ 900, only 3 languages, not for JSON",
    ]
    shared = "1 fails, other bounds of this reason counted too"
    assert [threshold.failing_text for threshold in found] == [shared, shared, "1,200 fail"]


def test_what_could_not_be_measured_is_in_no_column(judged: Path) -> None:
    annotated = next((judged.parents[2] / "stages" / "annotate" / "pages").rglob("part-*"))
    table = storage.read_table(str(annotated))
    unmeasured = pa.array(["too_large", None, None, None, None], pa.string())
    at = table.schema.get_field_index("unmeasured")
    pq.write_table(table.set_column(at, table.schema.field("unmeasured"), unmeasured), annotated)
    for shown in source_signals(MixtureFiles.at(str(judged)), "pages").histograms:
        assert (shown.kept, shown.rejected, shown.without_value) == (2, 2, 0)


def test_the_signals_that_refuse_most_come_first_and_the_rest_is_named(judged: Path) -> None:
    names = [
        field.name for field in signals_schema() if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
    ]
    checks = [
        {"reason": name, "signal": name, "comparison": ">=", "bound": 0, "null_fails": False, "exempt_languages": []}
        for name in names
    ]
    files = MixtureFiles.at(str(judged))
    manifest = files.stage("decide", "pages")
    manifest.settings = {"checks": {"all": checks}}
    manifest.books.reasons = {f"all.{names[-1]}": 2}
    files.lake.publish(manifest)
    found = source_signals(files, "pages")
    shown = [histogram.signal for histogram in found.histograms]
    assert shown[0] == names[-1]
    assert len(shown) == MAX_SIGNALS
    assert sorted([*shown, *found.left_out]) == sorted(names)


@pytest.mark.parametrize("scale", SCALES)
def test_scales_ascend_and_every_column_holds_its_lower_edge(scale: Scale) -> None:
    assert all(low < high for low, high in pairwise(scale.edges))
    edges = np.array(scale.edges)
    assert scale.columns_of(edges).tolist() == list(range(len(edges)))
    assert scale.columns_of(np.array([-1.0, 1e12])).tolist() == [0, len(edges) - 1]


@given(st.sampled_from(SCALES), st.floats(0, 1e9))
def test_a_threshold_lies_in_the_column_of_its_value(scale: Scale, value: float) -> None:
    column = int(scale.columns_of(np.array([value]))[0])
    assert column <= scale.position(value) <= column + 1


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=len(COUNTS.edges), max_size=len(COUNTS.edges)
    ),
    st.lists(st.floats(0, 1e9), max_size=2),
)
def test_a_chart_loses_no_count_and_stays_in_its_box(counts: list[tuple[int, int]], highs: list[float]) -> None:
    above, below = (np.array(side, np.int64) for side in zip(*counts, strict=True))
    found = chart(COUNTS, above, below, highs=highs)
    assert sum(column.above for column in found.columns) == above.sum()
    assert sum(column.below for column in found.columns) == below.sum()
    assert all(column.x >= 0 and column.x + column.width <= WIDTH + 0.5 for column in found.columns)
    assert all((column.above_height > 0) == (column.above > 0) for column in found.columns)
    assert all(0 <= x <= WIDTH for x in found.lines)
    assert all(x + width == pytest.approx(WIDTH) for x, width in found.failing)


def test_names_decide_scales_and_labels_are_for_people() -> None:
    assert scale_of("n_distinct_stop_words", True) is FEW
    assert scale_of("language_score", False) is SHARES
    assert scale_of("n_words", True) is COUNTS
    assert [COUNTS.label(column) for column in (0, 1, 3, 10)] == ["0", "1", "5 to 9", "1,000 to 1,999"]
    assert (SHARES.label(0), SHARES.label(19)) == ("0 to below 0.05", "0.95 to 1")
    assert [short(value) for value in (0.05, 500, 1000, 2_500_000)] == ["0.05", "500", "1k", "2.5M"]


def test_a_stored_float32_meets_its_threshold() -> None:
    tally = Tally(SHARES)
    tally.add(pa.chunked_array([pa.array([0.65, None], pa.float32())]), np.array([True, True]))
    assert tally.kept[int(SHARES.position(0.65))] == 1
    assert (tally.kept.sum(), tally.without_value) == (1, 1)


def test_settings_that_are_no_checks_are_said_on_the_page(judged: Path) -> None:
    files = MixtureFiles.at(str(judged))
    manifest = files.stage("decide", "pages")
    manifest.settings = {"checks": ["nonsense"]}
    files.lake.publish(manifest)
    with pytest.raises(Gone, match="Signals of pages: a file is damaged"):
        source_signals(files, "pages")

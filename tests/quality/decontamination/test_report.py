from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quality.decontamination.index import benchmark_index
from quality.decontamination.report import Contamination, contamination
from quality.signal_group import documents_of
from quality.signals.benchmarks import BenchmarksSettings, measure
from tests.docs.pages import blocks, rows, section
from tests.docs.test_reference import shown
from tests.quality.test_benchmarks import FILES, PROVERB, QUESTION, SOLUTION

SETTINGS = BenchmarksSettings(files=FILES)


def spans(texts: list[str]) -> Any:
    return measure(documents_of(pa.array(texts, pa.string())), SETTINGS).columns["benchmark_spans"]


def test_a_summary_counts_what_is_too_short() -> None:
    questions, code = benchmark_index(SETTINGS.index_settings()).summaries
    assert questions == ("benchmark-questions", 2, 2, 4, 2)
    assert code == ("benchmark-code", 2, 1, 4, 3)


def test_found_items_are_counted_once_over_all_parts() -> None:
    summaries = benchmark_index(SETTINGS.index_settings()).summaries
    found = contamination(
        summaries, [spans([QUESTION, f"{QUESTION} {QUESTION}", ""]), spans([f"{PROVERB} {SOLUTION}"])]
    )
    assert found == (
        Contamination("benchmark-questions", 2, 2, 2, 3),
        Contamination("benchmark-code", 2, 1, 1, 1),
    )
    assert [benchmark.share for benchmark in found] == [1.0, 1.0]


def test_nothing_found_is_a_share_of_zero() -> None:
    found = contamination(benchmark_index(SETTINGS.index_settings()).summaries, [spans([]), spans(["nothing"])])
    assert [(benchmark.n_found_items, benchmark.share) for benchmark in found] == [(0, 0.0)] * 2


def test_the_pages_query_counts_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "build" / "lake" / "stages" / "annotate" / "pages" / "f00"
    folder.mkdir(parents=True)
    texts = [QUESTION, f"{QUESTION} {PROVERB}", "nothing", SOLUTION]
    table = pa.table({"doc_id": [f"d{i}" for i in range(4)], "benchmark_spans": spans(texts)})
    pq.write_table(table, folder / "part-00000.parquet")
    monkeypatch.chdir(tmp_path)
    (block,) = blocks("python", "run: contamination")
    names: dict[str, Any] = {}
    exec(block.text, names)
    assert names["found"].fetchall() == [("benchmark-code", 1, 1), ("benchmark-questions", 2, 2)]


def test_every_setting_has_its_row_with_the_default() -> None:
    table = {row[0].strip("`"): row[1] for row in rows(section("docs/decontamination.md", "## Benchmarks"))}
    for name, field in BenchmarksSettings.model_fields.items():
        expected = "required" if field.is_required() else shown(field.default)
        assert table[name] == expected, name
        assert field.description

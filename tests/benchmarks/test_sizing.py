from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sizing import (
    COSTS,
    Assumptions,
    Costs,
    StageCost,
    make_parser,
    measured,
    need,
    read_costs,
    size_table,
    stage_table,
)
from pipelines.lake import Lake
from tests.docs.pages import code_spans, read
from tests.pipelines.in_process import run
from tests.pipelines.upkeep.lakes import recipe_of, write_inputs

SMALL = Costs(
    raw_bytes=10**9,
    text_bytes=10**9,
    documents=1,
    tokens=1,
    stages={"ingest": StageCost(3600.0, 10**9, 0), "tokenize": StageCost(0.0, 0, 5 * 10**8)},
)


def test_the_formula_by_hand() -> None:
    given_ = Assumptions(vcpu_hour_dollars=0.5, busy=0.5, executors=10, vcpus_per_executor=10)
    found = need(SMALL, 10**12, given_)
    assert (found.vcpu_hours, found.hours, found.compute_dollars) == (2000, 20, 1000)
    assert (found.stored_bytes, found.storage_dollars) == (10**12, 23)
    assert found.shuffle_bytes_at_once == 5 * 10**11
    requests = 4 * 10**12 / given_.request_bytes  # written, the input, and documents read twice
    assert round(found.requests) == round(requests)


@given(st.integers(10**9, 10**16), st.floats(0.01, 1), st.integers(1, 1000))
def test_dollars_do_not_depend_on_how_many_work_and_grow_with_what_they_cost(
    raw_bytes: int, price: float, executors: int
) -> None:
    plain = Assumptions(vcpu_hour_dollars=price)
    found = need(SMALL, raw_bytes, plain)
    assert need(SMALL, raw_bytes, replace(plain, executors=executors)).dollars() == found.dollars()
    assert need(SMALL, raw_bytes, replace(plain, vcpu_hour_dollars=2 * price)).dollars() > found.dollars()


def test_the_pages_tables_are_those_of_the_saved_costs() -> None:
    page = read("docs/sizing.md")
    costs = read_costs(COSTS)
    assert "\n".join(stage_table(costs)) in page
    assert "\n".join(size_table(costs, Assumptions())) in page


def test_every_assumption_is_on_the_page_with_its_default() -> None:
    page = read("docs/sizing.md")
    named = code_spans(page)
    for action in make_parser()._actions:
        if action.option_strings and action.dest not in ("help", "save", "costs"):
            assert action.option_strings[0] in named
            assert f"| {str(action.default).removesuffix('.0')}" in page or f", {action.default} |" in page


def test_a_lake_is_measured_and_what_ran_at_once_counts_once(tmp_path: Path) -> None:
    context = run(recipe_of(write_inputs(tmp_path)), tmp_path / "lake")
    costs = measured(Lake(str(tmp_path / "lake")), context.mixture_uri)
    assert list(costs.stages) == ["ingest", "annotate", "decide", "dedup", "tokenize", "select", "mix"]
    assert costs.raw_bytes == sum((tmp_path / f"{name}.jsonl").stat().st_size for name in ("web", "code"))
    both = [context.of("ingest", name) for name in ("web", "code")]
    assert costs.documents == sum(manifest.books.kept for manifest in both)
    assert costs.stages["ingest"].output_bytes == sum(file.bytes for found in both for file in found.files)

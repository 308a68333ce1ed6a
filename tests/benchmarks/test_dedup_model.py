from dataclasses import fields, replace

import pytest

from benchmarks.dedup_model import Job, Measured, contraction_rounds, hours, main, report, stages
from tests.docs.pages import blocks, read

MEASURED, JOB = Measured(), Job()


def test_the_pages_table_is_what_the_script_prints(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    printed = capsys.readouterr().out
    assert [block.text for block in blocks("text", "dedup model")] == [printed]


def test_every_constant_stands_in_the_page_as_it_is() -> None:
    page = read("docs/dedup-at-scale.md")
    missing = [field.name for field in fields(Measured) if f"| `{field.name}` | {field.default:g} |" not in page]
    assert missing == []


def test_options_are_the_models_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--documents", "2e6", "--executors", "3", "--spark-us", "50"])
    expected = report(replace(MEASURED, spark_us=50.0), replace(JOB, documents=2e6, executors=3.0))
    assert capsys.readouterr().out == expected


def test_twice_the_documents_take_twice_as_much_but_for_rounds() -> None:
    measured = replace(MEASURED, rounds_a_doubling=0.0)
    for once, twice in zip(stages(measured, JOB), stages(measured, replace(JOB, documents=2e10)), strict=True):
        assert twice.cpu_seconds == pytest.approx(2 * once.cpu_seconds)
        assert twice.shuffled_bytes == pytest.approx(2 * once.shuffled_bytes)
        assert hours(twice, JOB) == pytest.approx(2 * hours(once, JOB))


def test_rounds_grow_with_the_logarithm() -> None:
    def rounds(documents: float) -> int:
        return contraction_rounds(
            replace(MEASURED, rounds=5.0, rounds_a_doubling=0.5), replace(JOB, documents=documents)
        )

    assert [rounds(1e5), rounds(1e6), rounds(16e6), rounds(1e6 * 2**20)] == [5, 5, 7, 15]


def test_hours_by_hand() -> None:
    # 3600 core-seconds on 2 x 5 half-busy cores, and 9 GB on 2 executors: written and read at 1 GB/s, sent at 0.5 GB/s.
    job = replace(JOB, executors=2.0, cores=5.0, busy=0.5, disk_mb_per_second=1000.0, network_mb_per_second=500.0)
    stage = replace(stages(MEASURED, job)[0], cpu_seconds=3600.0, shuffled_bytes=9e9)
    assert hours(stage, job) * 3600 == pytest.approx(720 + 9 + 9)

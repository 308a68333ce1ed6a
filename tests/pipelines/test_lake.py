import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer import storage
from pipelines.build import DEFAULT_RECIPE
from pipelines.context import Context, NotBuilt, RetentionError, TaskResult, Unit
from pipelines.lake import Books, Lake, PartFile, fingerprint, output_digest
from pipelines.progress import Progress
from pipelines.recipe import load_recipe

counts = st.integers(0, 1000)
books = st.builds(Books, records_in=counts, kept=counts, absorbed=counts, rejected=counts, quarantined=counts)


@given(books)
def test_books_balance_or_the_stage_fails(book: Books) -> None:
    balanced = book.records_in == book.kept + book.absorbed + book.rejected + book.quarantined
    if balanced:
        book.check("here")
    else:
        with pytest.raises(ArithmeticError, match="the books of here do not balance"):
            book.check("here")


def test_books_add_up() -> None:
    total = Books(records_in=3, kept=1, rejected=2, reasons={"a": 1, "b": 1})
    total.add(Books(records_in=2, quarantined=1, absorbed=1, reasons={"b": 1}))
    assert total == Books(records_in=5, kept=1, rejected=2, quarantined=1, absorbed=1, reasons={"a": 1, "b": 2})


def context(lake: Path, read_only: bool = False) -> Context:
    def no_spark() -> None:
        raise AssertionError("nothing here may start Spark")

    return Context(load_recipe(DEFAULT_RECIPE), Lake(str(lake)), no_spark, Progress(quiet=True), read_only=read_only)


def unit(**changes: object) -> Unit:
    fields = {"stage": "decide", "version": 1, "source": "pages", "settings": {"a": 1}, "inputs": {"x": "1"}}
    return Unit(**(fields | changes))  # type: ignore[arg-type]


def result(lake: Path, asked: Unit, text: bytes = b"x", **book: int) -> TaskResult:
    uri = f"{Lake(str(lake)).stage_uri(asked.stage, asked.source, asked.fingerprint)}/part-00000.parquet"
    storage.write_bytes(uri, text)
    file = storage.WrittenFile("part-00000.parquet", 1, len(text), storage.sha256_of(uri))
    return TaskResult([file], Books(**(book or {"records_in": 1, "kept": 1})))


@pytest.mark.parametrize(
    "changes", [{"stage": "dedup"}, {"version": 2}, {"source": "code"}, {"settings": {"a": 2}}, {"inputs": {"x": "2"}}]
)
def test_a_fingerprint_changes_with_everything_that_is_asked(changes: dict[str, object]) -> None:
    assert unit(**changes).fingerprint != unit().fingerprint


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint("s", 1, {"a": 1, "b": 2}, {}) == fingerprint("s", 1, {"b": 2, "a": 1}, {})


def test_files_without_a_manifest_are_not_done(tmp_path: Path) -> None:
    run, asked = context(tmp_path), unit()
    part = result(tmp_path, asked)
    assert run.find([asked]) == [asked]
    run.publish(asked, [part])
    again = context(tmp_path)
    assert again.find([asked]) == []
    assert again.of("decide", "pages").books.kept == 1
    assert again.of("decide", "pages").output == output_digest([PartFile(**part.files[0]._asdict())])


def test_a_manifest_that_contradicts_itself_is_damaged(tmp_path: Path) -> None:
    run, asked = context(tmp_path), unit()
    run.publish(asked, [result(tmp_path, asked)])
    path = next(tmp_path.rglob("manifest.json"))
    whole = path.read_text()
    manifest = run.of("decide", "pages")
    for value in (manifest.output, manifest.fingerprint, manifest.files[0].sha256):
        path.write_text(whole.replace(value, f"{'0' if value[0] != '0' else '1'}{value[1:]}"))
        with pytest.raises(OSError, match="contradicts itself"):
            context(tmp_path).find([asked])


def test_a_stage_whose_books_do_not_balance_publishes_nothing(tmp_path: Path) -> None:
    run, asked = context(tmp_path), unit()
    with pytest.raises(ArithmeticError, match="stage 'decide', source 'pages'"):
        run.publish(asked, [result(tmp_path, asked, records_in=2, kept=1)])
    assert run.find([asked]) == [asked]


def test_the_retention_breaker_stops_with_the_numbers_and_the_way_out(tmp_path: Path) -> None:
    run, asked = context(tmp_path), unit()
    lossy = result(tmp_path, asked, records_in=1000, kept=1, rejected=999)
    lossy.books.reasons = {"gopher_quality.too_few_words": 998, "language.score": 1}
    with pytest.raises(RetentionError) as error:
        run.publish(asked, [lossy])
    message = str(error.value)
    assert "would lose 999 of 1,000 documents (99.9%) of source 'pages'; allowed: 95%" in message
    assert "too_few_words 998" in message
    assert "max_loss" in message
    assert run.find([asked]) == [asked]
    few = result(tmp_path, asked, records_in=10, kept=0, rejected=10)
    run.publish(asked, [few])


def test_reading_only_does_no_work_and_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NotBuilt, match="is not built for pages in"):
        context(tmp_path, read_only=True).find([unit()])


@pytest.mark.slow
def test_fingerprints_are_the_same_in_every_process() -> None:
    """Sets and dicts may be ordered otherwise elsewhere: Python's hash is seeded anew in each process."""
    code = (
        "from pipelines.build import DEFAULT_RECIPE; from pipelines.recipe import load_recipe\n"
        "from pipelines.lake import digest_of; from pipelines.steps.decide import settings_of\n"
        "recipe = load_recipe(DEFAULT_RECIPE)\n"
        "print(digest_of([[s.parsed_options().plain(), settings_of(recipe.checks(s))] for s in recipe.sources]))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2", "3")
    }
    assert len(found) == 1


def test_a_workers_error_is_told_by_its_last_python_line() -> None:
    from pipelines.messages import workers_error

    story = "An error occurred\nTraceback:\n  File x\nmixer.storage.DamagedFile: /lake/b is damaged\n\n\tat org.apache.spark\n"
    java = type("Py4JJavaError", (Exception,), {"__module__": "py4j.protocol"})
    assert workers_error(java(story)) == "mixer.storage.DamagedFile: /lake/b is damaged"
    assert workers_error(ValueError(story)) is None

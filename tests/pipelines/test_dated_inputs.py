"""Inputs chosen by the times in their names: `dated` in recipes, `--as-of` on the command line."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.commands.options import note_what_as_of_does
from pipelines.readers.dated_inputs import DatedInputError, DatedUri, moment, taken_apart
from pipelines.readers.dated_names import date_pattern
from pipelines.readers.inputs import InputPath, inputs_at
from pipelines.recipe import Recipe, parse_recipe
from pipelines.recipe_keys.problems import RecipeError
from pipelines.source import SourceKind, source_kinds
from pipelines.steps.ingest import plan_splits
from tests.pipelines.in_process import run, snapshot

HOURLY = "%Y-%m-%d-%H"

NAMES = [
    ("2026-11-26-7.json.gz", HOURLY, (2026, 11, 26, 7)),
    ("2026-11-26-17.json.gz", HOURLY, (2026, 11, 26, 17)),
    ("events-2026-11-26-07-part2.json.gz", HOURLY, (2026, 11, 26, 7)),
    ("crawl-data/CC-MAIN-2026-47/segments/9/warc/a-20261120013322-00001.warc.gz", "CC-MAIN-%G-%V", (2026, 11, 16)),
    ("2026/11/26/a.jsonl", "%Y/%m/%d", (2026, 11, 26)),
    ("20261126T0730.jsonl", "%Y%m%dT%H%M", (2026, 11, 26, 7, 30)),
    ("2026-330.jsonl", "%Y-%j", (2026, 11, 26)),
    ("2026-W48-4", "%G-W%V-%u", (2026, 11, 26)),
    ("dump-2026.jsonl", "%Y", (2026, 1, 1)),
    ("100%-2026-03", "100%%-%Y-%m", (2026, 3, 1)),
    ("old 2025-01-01-0/2026-11-26-7.json", HOURLY, (2026, 11, 26, 7)),  # the last is the file's own
    ("2026-11-26-7/2026-13-26-7.json", HOURLY, (2026, 11, 26, 7)),  # what is no date is passed over
    ("2026-02-30.jsonl", "%Y-%m-%d", None),
    ("2025-W53", "%G-W%V", None),  # that year has 52
    ("12026-11-26-7.json", HOURLY, None),
    ("2026-11-26-123.json", HOURLY, None),
    ("2026-11-26-24.json", HOURLY, None),
    ("2026-366.jsonl", "%Y-%j", None),
    ("pages.jsonl", HOURLY, None),
]


@pytest.mark.parametrize(("name", "pattern", "expected"), NAMES)
def test_the_time_in_a_name(name: str, pattern: str, expected: tuple[int, ...] | None) -> None:
    found = date_pattern(pattern).start_of(name)
    assert found == (None if expected is None else datetime(*expected, tzinfo=UTC))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("%y-%m", "%y"),
        ("%Y-%b", "%b"),
        ("%m-%d", "no period"),
        ("%Y-%d", "no period"),
        ("%Y-%V", "no period"),
        ("%Y %Y", "twice"),
        ("plain", "no period"),
        ("", "no period"),
        ("%Y-%", "percent sign"),
    ],
)
def test_a_pattern_that_cannot_tell_a_time_is_refused(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        date_pattern(pattern)


TIMES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda time: time.replace(tzinfo=UTC))
PATTERNS = [
    (HOURLY, timedelta(hours=1)),
    ("%Y%m%d%H%M%S", timedelta(seconds=1)),
    ("x%j of %Y", timedelta(days=1)),
    ("%G-%V-%u %H", timedelta(hours=1)),
    ("%d.%m.%Y", timedelta(days=1)),
]


@given(time=TIMES, pattern=st.sampled_from(PATTERNS))
def test_what_is_written_is_read(time: datetime, pattern: tuple[str, timedelta]) -> None:
    """As Python writes a name, padded: the start of the period that the time is in."""
    written, period = pattern
    text = written.replace("%Y", f"{time.year:04d}").replace("%G", f"{time.isocalendar().year:04d}")
    found = date_pattern(written).start_of(f"/data/{time.strftime(text)}.json.gz")
    if time.isocalendar().year in (0, 10000):
        return
    assert found is not None
    assert timedelta(0) <= time - found < period


@given(path=st.text(), pattern=st.sampled_from([written for written, _ in PATTERNS]))
def test_any_name_is_looked_at_without_a_fault(path: str, pattern: str) -> None:
    date_pattern(pattern).start_of(path)


def names_of(hours: list[int]) -> list[str]:
    first = datetime(2026, 11, 26, tzinfo=UTC)
    times = [first + timedelta(hours=hour) for hour in hours]
    return [f"{time:%Y-%m-%d}-{time.hour}.jsonl" for time in times]


@given(
    hours=st.lists(st.integers(-30, 60), min_size=1, unique=True),
    end=st.datetimes(datetime(2026, 11, 24), datetime(2026, 11, 30)),
)
def test_a_run_takes_what_begins_before_the_moment_and_nothing_else(hours: list[int], end: datetime) -> None:
    as_of = end.replace(tzinfo=UTC)
    files = [InputPath(f"/in/{name}", name, 1, name) for name in names_of(hours)]
    wanted = [
        file for file, hour in zip(files, hours, strict=True) if datetime(2026, 11, 26) + timedelta(hours=hour) < end
    ]
    choice = taken_apart(DatedUri("/in", HOURLY, as_of).joined())
    if not wanted:
        with pytest.raises(DatedInputError, match="none of the"):
            choice.chosen(files)
        return
    assert choice.chosen(files) == wanted
    later = choice._replace(as_of=as_of + timedelta(hours=7))
    assert set(wanted) <= set(later.chosen(files))  # a later interval has what an earlier one had


@given(uri=st.text(st.characters(exclude_characters="\0")), as_of=st.none() | TIMES)
def test_a_choice_comes_out_of_the_uri_as_it_went_in(uri: str, as_of: datetime | None) -> None:
    chosen = DatedUri(uri, HOURLY, as_of)
    assert taken_apart(chosen.joined()) == chosen
    assert taken_apart(uri) == DatedUri(uri)
    assert DatedUri(uri, "", as_of).joined() == uri


def test_moments_are_utc() -> None:
    expected = datetime(2026, 11, 26, 7, tzinfo=UTC)
    assert {moment(text) for text in ("2026-11-26T07:00", "2026-11-26T07:00Z", "2026-11-26T09:00+02:00")} == {expected}
    assert moment("2026-11-26") == datetime(2026, 11, 26, tzinfo=UTC)


def recipe(folder: Path, **source: Any) -> Recipe:
    made = parse_recipe(
        {
            "name": "hours",
            "sources": [{"name": "crawl", "kind": "jsonl", "uri": str(folder), "dated": HOURLY} | source],
            "phases": [{"budget_tokens": 512, "weights": {"crawl": 1}}],
            "sequence_length": 64,
            "max_epochs": 100,
        }
    )
    made.sources[0].read_from(folder)
    return made


def write_hours(folder: Path, hours: list[int]) -> None:
    folder.mkdir(exist_ok=True)
    for hour, name in zip(hours, names_of(hours), strict=True):
        lines = [
            json.dumps({"text": f"Hour {hour}, note {number}: " + f"the lamp of hour {hour} was lit. " * 9})
            for number in range(4)
        ]
        (folder / name).write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize("seed", range(5))
def test_a_later_run_and_a_backfill_build_what_would_have_been_built_then(seed: int, tmp_path: Path) -> None:
    """In whatever order intervals are run, and with later files there or not: the same bytes as alone at its time."""
    generator = random.Random(seed)
    hours = sorted(generator.sample(range(48), 6))
    ends = [hours[2], hours[4], 48]
    first = datetime(2026, 11, 26, tzinfo=UTC)
    alone = []
    for end in ends:
        folder, lake = tmp_path / f"in-{end}", tmp_path / f"lake-{end}"
        write_hours(folder, [hour for hour in hours if hour < end])
        run(recipe(folder), lake)
        alone.append(mixtures(lake))
    write_hours(tmp_path / "all", hours)
    order = list(range(len(ends)))
    generator.shuffle(order)
    for number in order:
        asked = recipe(tmp_path / "all")
        asked.read_until(first + timedelta(hours=ends[number]))
        context = run(asked, tmp_path / f"lake-of-{number}")
        assert len(plan_splits(asked.sources[0])) == sum(hour < ends[number] for hour in hours)
        assert mixtures(tmp_path / f"lake-of-{number}") == alone[number]
        shared = run(asked, tmp_path / "shared")
        assert shared.mixture_uri.rsplit("/", 1)[1] == context.mixture_uri.rsplit("/", 1)[1]
        again = run(asked, tmp_path / "shared")
        assert again.tasks_run == 0


def mixtures(lake: Path) -> list[bytes]:
    """The bytes of all shards."""
    return [path.read_bytes() for path in sorted(lake.glob("mixtures/*/*/shard-*.parquet"))]


def test_the_moment_itself_is_in_no_fingerprint(tmp_path: Path) -> None:
    write_hours(tmp_path / "in", [0, 1, 5])
    stages = []
    for written in ("2026-11-26T02:00", "2026-11-26T04:59", "2026-11-26T05:00"):
        asked = recipe(tmp_path / "in")
        asked.read_until(moment(written))
        context = run(asked, tmp_path / "lake", "decide")
        stages.append(context.of("decide", "crawl").fingerprint)
    assert len(set(stages)) == 1
    before = snapshot(tmp_path / "lake")
    asked.read_until(moment("2026-11-26T05:00:01"))
    run(asked, tmp_path / "lake", "decide")
    assert snapshot(tmp_path / "lake") != before


def test_splits_that_are_shares_of_all_files_see_the_same_files_in_the_workers(tmp_path: Path) -> None:
    """Kinds that list their files again when they read: conversations of hourly archives, groups of small files."""
    for name, text in (("2026-11-26-7.md", "# Seven"), ("2026-11-26-8.md", "# Eight"), ("2026-11-26-9.md", "# Nine")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    asked = recipe(tmp_path, kind="markup", group="text")
    asked.read_until(moment("2026-11-26T09:00"))
    source = asked.sources[0]
    (split,) = plan_splits(source)
    (tmp_path / "2026-11-26-10.md").write_text("# Ten", encoding="utf-8")  # arrives while the run is on
    found = [record.text for record in source.source_kind().read(split, source.options_to_read())]  # type: ignore[union-attr]
    assert found == ["# Seven", "# Eight"]


@pytest.mark.parametrize(
    "kind", [kind for kind in source_kinds().values() if kind.lists_files], ids=lambda kind: kind.name
)
def test_every_kind_that_says_so_takes_a_choice_among_its_files(kind: SourceKind, tmp_path: Path) -> None:
    """Told by what it says where there is no file: the choice is no part of the path."""
    nowhere = str(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError) as error:
        kind.splits(DatedUri(nowhere, HOURLY, moment("2026-11-26")).joined(), kind.options())
    assert repr(nowhere) in str(error.value)


def test_an_input_without_a_time_is_an_error_that_names_it(tmp_path: Path) -> None:
    write_hours(tmp_path, [1])
    (tmp_path / "notes.jsonl").write_text('{"text": "no hour"}', encoding="utf-8")
    for as_of in (None, "2026-11-27"):
        asked = recipe(tmp_path, uri=[str(tmp_path), "/nowhere"])
        if as_of:
            asked.read_until(moment(as_of))
        with pytest.raises(RecipeError, match=r"1 of 2 files.*'notes.jsonl'.*glob pattern"):
            plan_splits(asked.sources[0])
    assert len(plan_splits(recipe(tmp_path, uri=str(tmp_path / "2026-*")).sources[0])) == 1


def test_nothing_before_the_moment_is_an_error_and_no_reason_to_read_the_next_uri(tmp_path: Path) -> None:
    write_hours(tmp_path / "in", [5])
    write_hours(tmp_path / "other", [1])
    asked = recipe(tmp_path / "in", uri=[str(tmp_path / "in"), str(tmp_path / "other")])
    asked.read_until(moment("2026-11-26T05:00"))
    with pytest.raises(RecipeError, match=r"none of the 1 files.*first is of 2026-11-26T05:00"):
        plan_splits(asked.sources[0])


def test_the_command_line_says_what_a_time_is(tmp_path: Path) -> None:
    for command in ("build", "preview"):
        result = CliRunner().invoke(app, [command, "--as-of", "yesterday"])
        assert result.exit_code == 2
        assert "an ISO 8601 time is needed" in " ".join(result.output.replace("│", " ").split())


def test_a_time_that_changes_nothing_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for dated, expected in ((None, True), (HOURLY, False)):
        note_what_as_of_does(recipe(tmp_path, dated=dated), moment("2026-11-26"))
        assert ("leaves nothing out" in capsys.readouterr().out) is expected
    note_what_as_of_does(recipe(tmp_path, dated=None), None)
    assert capsys.readouterr().out == ""


def test_a_kind_without_files_has_no_times(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"kind 'git_files' has no files.*jsonl"):
        recipe(tmp_path, kind="git_files")


def test_sources_without_the_key_are_read_whole(tmp_path: Path) -> None:
    write_hours(tmp_path, [1, 2])
    asked = recipe(tmp_path, dated=None)
    asked.read_until(moment("2026-11-26T02:00"))
    assert len(plan_splits(asked.sources[0])) == 2
    assert [file.name for file in inputs_at(str(tmp_path), (".jsonl",), "lines")] == names_of([1, 2])

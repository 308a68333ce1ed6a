import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixer.manifest import MANIFEST_NAME
from pipelines.explaining.rows import explain_row
from pipelines.lake import Lake
from pipelines.mixture import open_mixture
from pipelines.recipe import Recipe
from pipelines.runs.record import RunRecord, SourceDone, StageDone
from pipelines.runs.run_log import now_text
from pipelines.upkeep.cleaning import Cleaning, Keeping, LakeInUse, find_removals, remove
from pipelines.upkeep.verifying import verify_lake, verify_mixture
from tests.pipelines.in_process import snapshot
from tests.pipelines.upkeep.lakes import Interrupted, build, interrupt, recipe_of, stopping_after, write_inputs

ROOT = Path(__file__).resolve().parents[3]
EVERYTHING = Keeping(days=0, newest_runs=0)


def removed(lake: Path, keeping: Keeping = EVERYTHING) -> Cleaning:
    found = find_removals(Lake(str(lake)), keeping, datetime.now(UTC) + timedelta(seconds=1))
    list(remove(Lake(str(lake)), found))
    return found


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Recipe], dict[str, str]]:
    """(folder with a lake, recipes by name, their mixtures' folders from the lake's on): changed recipes, grown input."""
    folder = write_inputs(tmp_path_factory.mktemp("old"))
    lake = folder / "lake"
    recipes = {
        "first": recipe_of(folder, name="first"),
        "stricter": recipe_of(folder, min_chars=40, name="stricter"),
        "plain": recipe_of(folder, name="plain", validation=None),
        "larger": recipe_of(folder, budget=2400, name="larger"),
    }
    build(recipe_of(folder, min_chars=60, name="tried"), lake, until="tokenize")  # nobody's
    mixtures = {name: build(recipe, lake).mixture_uri.removeprefix(f"{lake}/") for name, recipe in recipes.items()}
    return folder, recipes, mixtures


def copied(old: tuple[Path, dict[str, Recipe], dict[str, str]], folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(old[0] / "lake", folder)
    return folder


def assert_all_is_as_before(lake: Path, mixture: str, recipe: Recipe) -> None:
    """It verifies, explains, and is built again without any work."""
    assert verify_mixture(f"{lake}/{mixture}", quick=False).is_whole
    assert explain_row(open_mixture(f"{lake}/{mixture}"), 0)
    before = snapshot(lake)
    assert build(recipe, lake).tasks_run == 0
    assert snapshot(lake) == before


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sets(st.sampled_from(["first", "stricter", "plain", "larger"])), st.one_of(st.none(), st.integers(0, 40)))
def test_kept_mixtures_lose_nothing_and_an_interruption_does_no_harm(
    old: tuple[Path, dict[str, Recipe], dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
    kept: set[str],
    deletions: int | None,
) -> None:
    _, recipes, mixtures = old
    lake = copied(old, tmp_path_factory.mktemp("cleaned") / "lake")
    whole = snapshot(lake)
    keeping = Keeping(days=0, newest_runs=0, mixtures=sorted(kept))
    if deletions is None:
        removed(lake, keeping)
        folders = {path.parent for path in lake.glob(f"stages/*/*/*/{MANIFEST_NAME}")}
        needed = {
            lake / "stages" / place / name
            for mixture in (mixtures[name] for name in kept)
            for place, name in json.loads((lake / mixture / MANIFEST_NAME).read_bytes())["inputs"].items()
        }
        assert folders == needed
    else:
        try:
            with stopping_after(deletions, interrupt):
                removed(lake, keeping)
        except Interrupted:
            pass
    for name in kept:
        assert_all_is_as_before(lake, mixtures[name], recipes[name])
    for name, recipe in recipes.items():  # what went is made again, byte for byte
        build(recipe, lake)
        assert verify_mixture(f"{lake}/{mixtures[name]}", quick=False).is_whole
    found = snapshot(lake)
    assert {name: found[name] for name in found if name in whole} == {name: whole[name] for name in found}


@pytest.mark.parametrize("deletions", [1, 12])
def test_killed_in_the_middle_the_next_build_is_right(
    old: tuple[Path, dict[str, Recipe], dict[str, str]], tmp_path: Path, deletions: int
) -> None:
    _, recipes, mixtures = old
    lake = copied(old, tmp_path / "lake")
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.pipelines.upkeep.lakes import stopping_after\n"
        "from tests.pipelines.upkeep.test_cleaning import Keeping, removed\n"
        f"with stopping_after({deletions}, lambda: os.kill(os.getpid(), signal.SIGKILL)):\n"
        "    removed(Path(sys.argv[1]), Keeping(days=0, newest_runs=0, mixtures=['first']))\n"
    )
    process = subprocess.run([sys.executable, "-c", code, str(lake)], cwd=ROOT, check=False)
    assert process.returncode == -signal.SIGKILL
    assert_all_is_as_before(lake, mixtures["first"], recipes["first"])
    build(recipes["stricter"], lake)
    for name in ("first", "stricter"):
        assert verify_mixture(f"{lake}/{mixtures[name]}", quick=False).is_whole


def test_without_delete_nothing_goes_and_what_is_young_stays(
    old: tuple[Path, dict[str, Recipe], dict[str, str]],
) -> None:
    lake = old[0] / "lake"
    before = snapshot(lake)
    found = find_removals(Lake(str(lake)), Keeping(days=1, newest_runs=0))
    assert found.removals == []
    later = find_removals(Lake(str(lake)), Keeping(days=1, newest_runs=0), datetime.now(UTC) + timedelta(days=2))
    assert {removal.kind for removal in later.removals} == {"unreferenced"}
    assert {removal.path.split("/")[1] for removal in later.removals} == {"decide", "dedup", "tokenize"}
    assert snapshot(lake) == before


def test_unfinished_folders_and_leftovers_go_and_the_rest_stays(
    old: tuple[Path, dict[str, Recipe], dict[str, str]], tmp_path: Path
) -> None:
    lake = copied(old, tmp_path / "lake")
    removed(lake)
    whole = snapshot(lake)
    finished = sorted(lake.glob("stages/tokenize/web/*"))[0]
    unfinished = lake / "stages" / "tokenize" / "web" / ("0" * 24)
    leftover = f"block-000000.parquet.{'a' * 32}.tmp"
    for folder in (finished, unfinished, lake / "mixtures" / "first" / ("1" * 24), lake / "tombstones"):
        folder.mkdir(exist_ok=True)
        (folder / leftover).write_bytes(b"half")
    (lake / "notes.tmp").write_bytes(b"a person's own")
    found = removed(lake)
    assert sorted((removal.kind, removal.path) for removal in found.removals) == [
        ("leftover", f"{finished.relative_to(lake)}/{leftover}"),
        ("leftover", f"tombstones/{leftover}"),
        ("unfinished", f"mixtures/first/{'1' * 24}"),
        ("unfinished", str(unfinished.relative_to(lake))),
    ]
    assert snapshot(lake) == whole | {"notes.tmp": b"a person's own"}


def record(lake: Path, identity: str, **changes: object) -> RunRecord:
    """A run's record in the lake, using one folder of dedup that no mixture needs."""
    (folder,) = [path for path in lake.glob("stages/dedup/web/*") if is_orphan(lake, path)]
    done = SourceDone(fingerprint=folder.name, made=True, splits=1, documents_in=1, documents_out=1)
    run = RunRecord(
        id=identity,
        recipe="tried",
        recipe_digest="",
        started=now_text(),
        updated=now_text(),
        stages=[StageDone(stage="dedup", seconds=1, tasks=1, sources={"web": done})],
    ).model_copy(update=changes)
    path = lake / "runs" / identity / "run.json"
    path.parent.mkdir(parents=True)
    path.write_text(run.model_dump_json(), encoding="utf-8")
    return run


def is_orphan(lake: Path, folder: Path) -> bool:
    manifests = [json.loads(path.read_bytes()) for path in lake.glob(f"mixtures/*/*/{MANIFEST_NAME}")]
    return all(folder.name not in manifest["inputs"].values() for manifest in manifests)


def test_what_the_newest_runs_used_stays(old: tuple[Path, dict[str, Recipe], dict[str, str]], tmp_path: Path) -> None:
    lake = copied(old, tmp_path / "lake")
    run = record(lake, "20260101T000000.000Z-aaaaaa", outcome="done")
    ((_, _, name),) = run.uses()
    later = datetime.now(UTC) + timedelta(seconds=1)

    def gone(newest_runs: int) -> bool:
        found = find_removals(Lake(str(lake)), Keeping(0, newest_runs), later)
        return f"stages/dedup/web/{name}" in {removal.path for removal in found.removals}

    assert [gone(0), gone(1)] == [True, False]


def test_nothing_is_removed_while_a_run_is_at_work(
    old: tuple[Path, dict[str, Recipe], dict[str, str]], tmp_path: Path
) -> None:
    lake = copied(old, tmp_path / "lake")
    alive = record(lake, "20260101T000000.000Z-bbbbbb")
    before = snapshot(lake)
    with pytest.raises(LakeInUse, match=alive.id):
        removed(lake)
    assert snapshot(lake) == before
    silent = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    shutil.rmtree(lake / "runs")
    record(lake, alive.id, updated=silent)  # killed: it says nothing any more
    assert removed(lake).removals


def test_names_and_damage_stop_it(old: tuple[Path, dict[str, Recipe], dict[str, str]], tmp_path: Path) -> None:
    lake = copied(old, tmp_path / "lake")
    with pytest.raises(FileNotFoundError, match=r"no mixture nobody in this lake; it has first, first/\w+"):
        find_removals(Lake(str(lake)), Keeping(0, 0, ["nobody"]))
    (lake / old[2]["first"] / MANIFEST_NAME).write_bytes(b"{")
    with pytest.raises(OSError, match="what it needs is not known"):
        find_removals(Lake(str(lake)), EVERYTHING)
    assert find_removals(Lake(str(lake)), Keeping(0, 0, ["larger"]), datetime.now(UTC) + timedelta(1)).removals


def test_the_command_shows_first_and_deletes_when_it_is_told(
    old: tuple[Path, dict[str, Recipe], dict[str, str]], tmp_path: Path
) -> None:
    lake = copied(old, tmp_path / "lake")
    week_ago = time.time() - 8 * 86_400
    for path in lake.rglob("*"):
        os.utime(path, (week_ago, week_ago))

    def gc(*arguments: str) -> subprocess.CompletedProcess[str]:
        mixdown = Path(sys.executable).parent / "mixdown"
        command = [mixdown, "gc", "--lake", str(lake), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True)

    before = snapshot(lake)
    shown = gc()
    assert "nothing was removed: add --delete" in shown.stderr
    assert snapshot(lake) == before
    listed = json.loads(gc("--json").stdout)["removals"]
    assert all(removal["path"] in shown.stdout for removal in listed)
    assert f"{len(listed)} removed" in gc("--delete").stderr
    assert [path for path in before if path not in snapshot(lake)]
    assert gc().stdout.startswith("0 can go")
    assert verify_lake(Lake(str(lake)), quick=False).is_whole

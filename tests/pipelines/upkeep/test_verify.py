import json
import random
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mixer.manifest import MANIFEST_NAME
from pipelines.lake import Lake
from pipelines.recipe import Recipe
from pipelines.removal.tombstones import Tombstone, add_tombstone
from pipelines.upkeep.verifying import verify_lake, verify_mixture
from tests.pipelines.in_process import run, snapshot
from tests.pipelines.upkeep.lakes import build, recipe_of, write_inputs

Spoil = Callable[[Path, random.Random], None]


def flip(path: Path, drawn: random.Random) -> None:
    """One bit, anywhere."""
    data = bytearray(path.read_bytes())
    data[drawn.randrange(len(data))] ^= 1 << drawn.randrange(8)
    path.write_bytes(data)


def truncate(path: Path, drawn: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: drawn.randrange(len(data))])


def delete(path: Path, _drawn: random.Random) -> None:
    path.unlink()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Path, Path]:
    """(recipe, lake, the mixture's folder)."""
    folder = write_inputs(tmp_path_factory.mktemp("verified"))
    recipe = recipe_of(folder)
    lake = folder / "lake"
    return recipe, lake, Path(build(recipe, lake).mixture_uri)


def kinds(lake: Path) -> dict[str, str]:
    """A file of each kind: of each stage and each beginning of a name."""
    found: dict[str, str] = {}
    for name in snapshot(lake):
        top, *_, file = name.split("/")
        if file not in ("latest",) and top in ("stages", "mixtures"):
            stage = name.split("/")[1] if top == "stages" else "mixture"
            found.setdefault(f"{stage}/{file.split('-')[0]}", name)
    return found


def test_the_lake_has_every_kind_of_file(built: tuple[Recipe, Path, Path]) -> None:
    _, lake, _ = built
    expected = {"ingest/part", "ingest/refused", "annotate/part", "decide/part", "dedup/removed", "tokenize/block"}
    expected |= {"tokenize/index.parquet", "select/block", "select/index.parquet", "select/held"}
    expected |= {"mixture/shard", "mixture/validation"}
    stages = ("ingest", "annotate", "decide", "dedup", "tokenize", "select", "mixture")
    assert set(kinds(lake)) == expected | {f"{stage}/{MANIFEST_NAME}" for stage in stages}


def test_what_is_whole_is_whole(built: tuple[Recipe, Path, Path]) -> None:
    _, lake, mixture = built
    found = verify_mixture(str(mixture), quick=False)
    assert found.is_whole
    assert found.folders == 1 + len(published_mixture_inputs(mixture))
    listed = sum(len(json.loads(path.read_bytes())["files"]) for path in lake.glob("stages/*/*/*/manifest.json"))
    manifest = json.loads((mixture / MANIFEST_NAME).read_bytes())
    assert found.files == listed + len(manifest["files"]) + len(manifest["validation"])
    assert verify_mixture(str(mixture / MANIFEST_NAME), quick=True).is_whole
    everything = verify_lake(Lake(str(lake)), quick=False)
    assert everything.is_whole
    assert everything.files == found.files


def published_mixture_inputs(mixture: Path) -> dict[str, str]:
    inputs: dict[str, str] = json.loads((mixture / MANIFEST_NAME).read_bytes())["inputs"]
    return inputs


@pytest.mark.parametrize("spoil", [flip, truncate, delete])
def test_every_kind_of_damage_is_found_and_named(built: tuple[Recipe, Path, Path], spoil: Spoil) -> None:
    _, lake, mixture = built
    drawn = random.Random(spoil.__name__)
    for name in kinds(lake).values():
        path = lake / name
        before = path.read_bytes()
        spoil(path, drawn)
        found = verify_mixture(str(mixture), quick=False)
        path.write_bytes(before)
        assert name in {damage.path for damage in found.damages}, name
        if not name.endswith(MANIFEST_NAME):
            assert {damage.folder for damage in found.damages} == {name.rsplit("/", 1)[0]}, found.damages
    assert verify_mixture(str(mixture), quick=False).is_whole


def test_quick_finds_what_is_missing_or_shorter(built: tuple[Recipe, Path, Path]) -> None:
    _, lake, mixture = built
    for name in kinds(lake).values():
        path = lake / name
        before = path.read_bytes()
        path.write_bytes(before[:-1])
        found = verify_mixture(str(mixture), quick=True)
        path.write_bytes(before)
        assert name in {damage.path for damage in found.damages}, name


@pytest.mark.parametrize("spoil", [flip, delete])
def test_following_the_advice_gives_the_same_bytes_again(built: tuple[Recipe, Path, Path], spoil: Spoil) -> None:
    recipe, lake, mixture = built
    expected = snapshot(lake)
    drawn = random.Random(f"advice {spoil.__name__}")
    for name in kinds(lake).values():
        spoil(lake / name, drawn)
        found = verify_mixture(str(mixture), quick=False)
        for damage in found.damages:
            assert damage.command in damage.remedy(found.lake)
            if damage.folder:
                command, rest = damage.remedy(found.lake).split(" && ")
                assert rest == damage.command
                program, option, folder = shlex.split(command)
                assert (program, option) == ("rm", "-r")
                shutil.rmtree(folder, ignore_errors=True)
        run(recipe, lake)
        assert snapshot(lake) == expected, name
        assert verify_mixture(str(mixture), quick=False).is_whole


def test_numbers_that_disagree_are_found_without_a_hash(built: tuple[Recipe, Path, Path], tmp_path: Path) -> None:
    """A manifest that somebody edited, with no metrics beside it."""
    _, lake, mixture = built
    copy = tmp_path / "lake"
    shutil.copytree(lake, copy)
    for path in copy.rglob("metrics.json"):
        path.unlink()
    edited = copy / mixture.relative_to(lake) / MANIFEST_NAME
    whole = json.loads(edited.read_bytes())

    def faults_with(**changes: object) -> str:
        part = whole["phases"][0]["sources"][0]
        phases = [whole["phases"][0] | {"sources": [part | changes, *whole["phases"][0]["sources"][1:]]}]
        edited.write_text(json.dumps(whole | {"phases": phases}), encoding="utf-8")
        return "\n".join(damage.what for damage in verify_mixture(str(edited), quick=False).damages)

    assert faults_with() == ""
    rows = whole["phases"][0]["sources"][0]["rows"]
    assert "was altered, or its blocks were" in faults_with(rows=rows - 1)
    assert "the shards do not hold the rows and tokens of" in faults_with(actual_tokens=1)
    assert "more than the one that the contract allows" in faults_with(error_sequences=-1.5)
    assert "is not that of its tokens" in faults_with(share=0.9)


def test_tombstones_and_pointers_of_a_lake_are_looked_at(built: tuple[Recipe, Path, Path], tmp_path: Path) -> None:
    _, lake, _ = built
    copy = tmp_path / "lake"
    shutil.copytree(lake, copy)
    tombstone = Tombstone(match="n_chars > 3")
    add_tombstone(Lake(str(copy)), tombstone)
    assert verify_lake(Lake(str(copy)), quick=True).is_whole
    path = copy / "tombstones" / f"{tombstone.digest}.json"
    path.write_text(path.read_text(encoding="utf-8").replace("> 3", "> 4"), encoding="utf-8")
    (copy / "mixtures" / "small" / "latest").write_text("nothing\n", encoding="utf-8")
    found = {damage.path for damage in verify_lake(Lake(str(copy)), quick=True).damages}
    assert found == {f"tombstones/{tombstone.digest}.json", "mixtures/small/latest"}


def test_the_command_says_what_is_damaged_and_ends_with_2(built: tuple[Recipe, Path, Path], tmp_path: Path) -> None:
    _, lake, mixture = built
    copy = tmp_path / "lake with spaces"
    shutil.copytree(lake, copy)
    folder = copy / mixture.relative_to(lake)

    def verify(*arguments: str) -> subprocess.CompletedProcess[str]:
        mixdown = Path(sys.executable).parent / "mixdown"
        return subprocess.run([mixdown, "verify", *arguments], capture_output=True, text=True, check=False)

    whole = verify(str(folder))
    assert (whole.returncode, "everything is as it was written" in whole.stdout) == (0, True), whole
    shard = sorted(folder.glob("shard-*.parquet"))[0]
    shard.write_bytes(shard.read_bytes()[:-1])
    damaged = verify(str(folder), "--quick", "--json")
    assert damaged.returncode == 2, damaged
    (damage,) = json.loads(damaged.stdout)["damages"]
    assert damage["path"] == f"{folder.relative_to(copy)}/{shard.name}"
    assert damage["remedy"].startswith(f"rm -r '{folder}' && ")
    assert verify(str(tmp_path)).returncode == 2
    assert verify(str(copy / "mixtures" / "small" / "nowhere")).returncode == 2
    assert verify("--lake", str(tmp_path / "nowhere")).returncode == 2

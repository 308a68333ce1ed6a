"""Traps of fingerprints and of resuming, named after them: what names a mixture is what decides its bytes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.context import Context
from pipelines.recipe import load_recipe
from tests.pipelines.in_process import run, snapshot, write_jsonl

CHECKOUT = Path(__file__).resolve().parents[2]
WEIGHTS = {"web": 0.5, "books": 0.25, "code": 0.25}


def write_sources(folder: Path) -> None:
    for kind, words in (("web", "lamp"), ("books", "harbour"), ("code", "def lamp(x): return x")):
        texts = [f"{number} {words} is lit {number % 5} " * (3 + number) for number in range(12)]
        write_jsonl(folder / f"{kind}.jsonl", [{"text": text} for text in texts])


def content(**changes: Any) -> dict[str, Any]:
    recipe = {
        "name": "small",
        "sources": [
            {"name": "web", "kind": "jsonl", "uri": "web.jsonl", "rules": [{"length": {"min_chars": 5}}]},
            {"name": "books", "kind": "jsonl", "uri": "books.jsonl", "group": "text/books"},
            {"name": "code", "kind": "jsonl_code", "uri": "code.jsonl"},
        ],
        "groups": {"text": {"weights": {"web": 2, "books": 1}}},
        "rules": {"length": {"max_bytes": 100_000, "min_chars": 1}},
        "phases": [
            {"name": "main", "budget_tokens": 32 * 40, "weights": WEIGHTS},
            {"name": "end", "budget_tokens": 32 * 20, "weights": {"text": 1, "code": 1}, "code_ratio": 0.5},
        ],
        "sequence_length": 32,
        "rows_per_shard": 16,
        "max_epochs": 50,
        "seed": 3,
    }
    return recipe | changes


def write_recipe(folder: Path, recipe: Mapping[str, Any]) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(dict(recipe), sort_keys=False), encoding="utf-8")
    return path


def backwards(value: Any) -> Any:
    """Every mapping's keys in the opposite order; lists keep theirs."""
    if isinstance(value, Mapping):
        return {key: backwards(value[key]) for key in reversed(list(value))}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def names_of(context: Context) -> dict[str, str]:
    """Everything that is named by a fingerprint: stages' outputs and the mixture."""
    found = {
        f"{stage}/{source}": manifest.fingerprint
        for stage, manifests in context.published.items()
        for source, manifest in manifests.items()
    }
    return found | {"mixture": Path(context.mixture_uri).name}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder with sources, recipe and lake, and its fingerprints."""
    folder = tmp_path_factory.mktemp("built")
    write_sources(folder)
    context = run(load_recipe(write_recipe(folder, content())), folder / "lake")
    return folder, names_of(context)


RUN_IN_CHILD = """
import json, sys
from pathlib import Path
from pipelines.recipe import load_recipe
from tests.pipelines.in_process import run
from tests.pipelines.test_traps import names_of
context = run(load_recipe(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps({"names": names_of(context), "tasks": context.tasks_run}))
"""


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_trap_fingerprint_mismatches_on_resume(
    built: tuple[Path, dict[str, str]], tmp_path: Path, hash_seed: str
) -> None:
    """Moved to another folder, its keys in another order, resumed by a process that hashes otherwise: nothing to do."""
    folder, names = built
    shutil.copytree(folder, tmp_path / "moved")  # with the files' times: a changed input is another input
    path = write_recipe(tmp_path / "moved", backwards(content()))
    done = subprocess.run(
        [sys.executable, "-c", RUN_IN_CHILD, str(path), str(tmp_path / "moved" / "lake")],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert json.loads(done.stdout) == {"names": names, "tasks": 0}


def test_trap_another_clone_of_the_same_input_names_another_mixture(
    built: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """Other times of the same files make ingest look again; what comes out is the same, and so is the mixture."""
    folder, names = built
    write_sources(tmp_path)
    for path in tmp_path.glob("*.jsonl"):
        os.utime(path, (1, 1))
    context = run(load_recipe(write_recipe(tmp_path, content())), tmp_path / "lake")
    found = names_of(context)
    assert {name for name in names if found[name] != names[name]} == {"ingest/web", "ingest/books", "ingest/code"}
    shards = {name: data for name, data in snapshot(tmp_path / "lake").items() if "/shard-" in name}
    assert shards == {name: data for name, data in snapshot(folder / "lake").items() if "/shard-" in name}


@pytest.mark.parametrize(
    "changes",
    [
        {"phases": [content()["phases"][0] | {"weights": WEIGHTS | {"web": 0.75}}, content()["phases"][1]]},
        {"groups": {"text": {"weights": {"web": 1, "books": 1}}}},
        {"seed": 4},
        {"rows_per_shard": 15},
        {"sequence_length": 64},
        {"packing": "best_fit"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_trap_a_changed_mixture_keeps_the_name_of_the_old_one(
    built: tuple[Path, dict[str, str]], changes: dict[str, Any], tmp_path: Path
) -> None:
    """Whatever changes rows names another mixture, and no block or measurement is made again for it."""
    folder, names = built
    shutil.copytree(folder, tmp_path / "again")
    context = run(load_recipe(write_recipe(tmp_path / "again", content(**changes))), tmp_path / "again" / "lake")
    found = names_of(context)
    assert {name for name in names if found[name] != names[name]} == {"mixture"}


def test_trap_the_same_weights_written_otherwise_name_another_mixture(
    built: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """Weights in any unit: what counts is which rows come of them."""
    folder, names = built
    shutil.copytree(folder, tmp_path / "again")
    doubled = [content()["phases"][0] | {"weights": {name: 2 * weight for name, weight in WEIGHTS.items()}}]
    recipe = content(phases=[*doubled, content()["phases"][1]])
    context = run(load_recipe(write_recipe(tmp_path / "again", recipe)), tmp_path / "again" / "lake")
    assert names_of(context) == names
    assert context.tasks_run == 0


def test_trap_sources_in_another_order_share_a_name_and_not_the_bytes(tmp_path: Path) -> None:
    """Two sources of one group with as many rows: either the rows are the same or the name is another, else rows are
    explained by the wrong source."""
    write_sources(tmp_path)
    pair = [{"name": name, "kind": "jsonl", "uri": f"{name}.jsonl"} for name in ("web", "books")]
    phases = [{"name": "main", "budget_tokens": 32 * 40, "weights": {"web": 0.5, "books": 0.5}}]
    shards, names = [], []
    for number, sources in enumerate((pair, pair[::-1])):
        path = write_recipe(tmp_path, content(sources=sources, phases=phases, groups={}))
        context = run(load_recipe(path), tmp_path / f"lake-{number}")
        names.append(names_of(context)["mixture"])
        shards.append({path.name: path.read_bytes() for path in Path(context.mixture_uri).glob("shard-*")})
    assert (names[0] == names[1]) == (shards[0] == shards[1])

"""Files that rot: a flipped byte, a file cut short, an empty one, in what each kind of stage has written."""

import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mixer import storage
from mixer.manifest import MANIFEST_NAME
from tests.faults.bench import Bench
from tests.faults.processes import last_message
from tests.faults.scenario import Scenario, Scenarios

DAMAGE = Scenarios()

# Stage -> (its files, a column of them, the stage that reads it).
READERS = {
    "ingest": ("part-*", "text", "annotate"),
    "annotate": ("part-*", "signature", "dedup"),
    "decide": ("part-*", "keep", "dedup"),
    "dedup": ("removed-*", "row", "tokenize"),
    "tokenize": ("block-*", "tokens", "mix"),
    "mix": ("shard-*", "input_ids", None),
}


def flip(path: Path, column: str) -> None:
    """One bit of the last byte of a column: of its last page's content, behind the page's header."""
    group = pq.read_metadata(path).row_group(0)
    chunk = next(
        found for found in map(group.column, range(group.num_columns)) if found.path_in_schema.startswith(column)
    )
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    data = bytearray(path.read_bytes())
    data[start + chunk.total_compressed_size - 1] ^= 1
    path.write_bytes(data)


def cut(path: Path, _column: str) -> None:
    """The last third is gone."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])


def empty(path: Path, _column: str) -> None:
    """A file of no bytes."""
    path.write_bytes(b"")


def folder_of(lake: Path, stage: str) -> Path:
    """Where a stage's outputs are."""
    return lake / "mixtures" / "small" if stage == "mix" else lake / "stages" / stage


def in_lake(message: str) -> str:
    """A message with short paths."""
    return re.sub(r"\S*/(stages|mixtures)/", r"LAKE/\1/", message)


def damaged(bench: Bench, stage: str, damage: Callable[[Path, str], None]) -> str:
    """The command must name the damaged file's folder; without that folder it must make everything again."""
    lake = bench.lake(f"damaged-{stage}", filled=True)
    pattern, column, reader = READERS[stage]
    path = max(folder_of(lake, stage).rglob(pattern), key=lambda found: found.stat().st_size)
    damage(path, column)
    if reader:  # what was made from the file while it was whole is gone, so that it must be read
        shutil.rmtree(folder_of(lake, reader))
    run = bench.start(lake)
    assert run.wait() != 0, "the damage was not noticed"
    message = last_message(run)
    assert str(path.parent) in message, message
    named = next(parent for parent in path.parents if (parent / MANIFEST_NAME).exists())
    shutil.rmtree(named)
    bench.finish(lake)
    return "stopped: `" + in_lake(message) + "`; without that folder it finished"


def noticed_by_readers(bench: Bench) -> str:
    """A shard of a finished mixture: no stage reads it, its readers do."""
    lake = bench.lake("damaged-shard", filled=True)
    path = max(folder_of(lake, "mix").rglob("shard-*"), key=lambda found: found.stat().st_size)
    flip(path, READERS["mix"][1])
    with pytest.raises(storage.DamagedFile, match="is damaged"):
        storage.read_table(str(path))
    shutil.rmtree(path.parent)
    bench.finish(lake)
    return "the job reads no shard; who does gets an error that names it. Without the mixture's folder the job finished"


@DAMAGE("a manifest of a stage: a flipped digit", on_finished_lake=True)
def manifest_flipped(bench: Bench) -> str:
    lake = bench.lake("damaged-manifest", filled=True)
    path = next(folder_of(lake, "decide").rglob(MANIFEST_NAME))
    text = path.read_text(encoding="utf-8")
    place = text.index('"sha256": "') + len('"sha256": "')
    path.write_text(text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :], encoding="utf-8")
    run = bench.start(lake)
    assert run.wait() != 0, "the damage was not noticed"
    message = last_message(run)
    assert str(path) in message, message
    shutil.rmtree(path.parent)
    bench.finish(lake)
    return "stopped: `" + in_lake(message) + "`; without that folder it finished"


for stage in READERS:
    for kind, damage in {"flipped": flip, "cut short": cut, "empty": empty}.items():
        happen = partial(damaged, stage=stage, damage=damage)
        if (stage, kind) == ("mix", "flipped"):
            happen = noticed_by_readers  # type: ignore[assignment]
        what = "a shard" if stage == "mix" else f"a file of {stage}"
        title = f"{what}: a flipped byte" if kind == "flipped" else f"{what}: {kind}"
        DAMAGE.append(Scenario(title, happen, on_finished_lake=True))

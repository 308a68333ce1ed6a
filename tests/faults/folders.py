"""Folders of stages that somebody deleted, whole or in part."""

import shutil
from pathlib import Path

from mixer.manifest import MANIFEST_NAME
from tests.faults.bench import Bench
from tests.faults.processes import last_message
from tests.faults.scenario import Scenarios

FOLDERS = Scenarios()
STAGES = ("ingest", "annotate", "tokenize")


def outputs(lake: Path, stage: str) -> list[Path]:
    """Folders with a manifest."""
    return sorted(path.parent for path in (lake / "stages" / stage).rglob(MANIFEST_NAME))


@FOLDERS("half deleted: parts are gone, the manifest is there", on_finished_lake=True)
def parts_gone(bench: Bench) -> str:
    lake = bench.lake("parts-gone", filled=True)
    folder = outputs(lake, "annotate")[0]
    next(folder.glob("part-*")).unlink()
    run = bench.start(lake)
    assert run.wait() != 0, "the loss was not noticed"
    message = last_message(run)
    assert str(folder) in message, message
    assert "is missing" in message, message
    shutil.rmtree(folder)
    bench.finish(lake)
    return "stopped and named the folder; without it the same command finished"


@FOLDERS("half deleted: the manifests of three stages are gone", quick=True, on_finished_lake=True)
def manifests_gone(bench: Bench) -> str:
    lake = bench.lake("manifests-gone", filled=True)
    for stage in STAGES:
        (outputs(lake, stage)[0] / MANIFEST_NAME).unlink()
    bench.finish(lake)
    return "the same command did those stages again over what was left"


@FOLDERS("half deleted: manifest and some parts are gone, others cut short", on_finished_lake=True)
def remains(bench: Bench) -> str:
    lake = bench.lake("remains", filled=True)
    for stage in STAGES:
        folder = outputs(lake, stage)[0]
        (folder / MANIFEST_NAME).unlink()
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        files[0].write_bytes(b"PAR1")
        for path in files[1:]:
            path.unlink()
    bench.finish(lake)
    return "the same command did those stages again over what was left"


@FOLDERS("folders of three stages and the mixture are gone", on_finished_lake=True)
def folders_gone(bench: Bench) -> str:
    lake = bench.lake("folders-gone", filled=True)
    for stage in STAGES:
        shutil.rmtree(outputs(lake, stage)[0])
    shutil.rmtree(lake / "mixtures")
    bench.finish(lake)
    return "the same command made them again"

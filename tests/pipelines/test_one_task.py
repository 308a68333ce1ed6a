"""What one task does for little data, and Spark's shuffles for much: the same files, byte for byte."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.context import Context
from pipelines.lake import Lake
from pipelines.progress import Progress
from pipelines.stages import run_stages
from pipelines.steps import deduplicate, tokenize_blocks
from tests.pipelines.duplicates.test_incremental import recipe, write_days
from tests.pipelines.in_process import run, snapshot

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def files(spark: "SparkSession", folder: Path, lake: Path) -> dict[str, bytes]:
    """What dedup and tokenize write."""
    made = recipe(folder, 3, {"bands": 20, "rows": 4, "ngram": 2})
    run_stages(Context(made, Lake(str(lake)), lambda: spark, Progress(quiet=True)), tokenize_blocks.NAME)
    return {
        f"{stage}/{name}": data
        for stage in ("dedup", "tokenize")
        for name, data in snapshot(lake / "stages" / stage).items()
    }


def test_little_data_needs_no_shuffle_and_gets_the_same_files(
    spark: "SparkSession", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_days(tmp_path)
    with monkeypatch.context() as patch:
        # A shuffle begins with this frame.
        patch.setattr(Context, "task_frame", lambda *_: pytest.fail("little data was shuffled"))
        little = files(spark, tmp_path, tmp_path / "little")
    monkeypatch.setattr(deduplicate, "MAX_PARTS_IN_ONE_TASK", 0)
    monkeypatch.setattr(tokenize_blocks, "MAX_BYTES_IN_ONE_TASK", 0)
    assert files(spark, tmp_path, tmp_path / "much") == little
    assert any("removed-" in name for name in little)
    assert any("block-" in name for name in little)


def test_what_is_more_than_one_task_can_hold_goes_through_a_shuffle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_days(tmp_path)
    made = recipe(tmp_path, 3, {"bands": 20, "rows": 4, "ngram": 2})
    run(made, tmp_path / "held", "tokenize")
    shuffled: list[bool] = []
    frame = Context.task_frame

    def watched(context: Context, tasks: Sequence[dict[str, Any]]) -> Any:
        shuffled.append(True)
        return frame(context, tasks)

    monkeypatch.setattr(Context, "task_frame", watched)
    monkeypatch.setattr(tokenize_blocks, "MAX_BYTES_HELD_IN_ONE_TASK", 0)
    run(made, tmp_path / "given-up", "tokenize")
    held, given_up = (snapshot(tmp_path / name / "stages" / "tokenize") for name in ("held", "given-up"))
    assert shuffled
    assert given_up == held
    assert any("block-" in name for name in held)

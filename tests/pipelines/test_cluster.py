"""Dedup on a standalone cluster of two workers, one of which is killed while it works: the same bytes as on a laptop."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.pipelines.duplicates.test_incremental import NEAR_AND_VERIFIED, recipe, write_days
from tests.pipelines.in_process import snapshot
from tests.services.light_jvm import LIGHT_JVM
from tests.services.processes import kill_group, wait_for
from tests.services.spark_cluster import cluster


def build(made: Path, lake: Path, master: str) -> "subprocess.Popen[bytes]":
    """The command up to dedup; what is lost is noticed after 20 seconds and not two minutes."""
    (lake.parent / "spark-defaults.conf").write_text(
        "spark.network.timeout 20s\nspark.network.timeoutInterval 10s\nspark.executor.heartbeatInterval 5s\n"
        f"spark.driver.extraJavaOptions {LIGHT_JVM}\nspark.executor.extraJavaOptions {LIGHT_JVM}\n",
        encoding="utf-8",
    )
    mixdown = str(Path(sys.executable).with_name("mixdown"))
    command = [mixdown, "build", str(made), "--lake", str(lake), "--until", "dedup", "--master", master]
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(lake.parent)}
    with lake.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=lake.parent)


@pytest.mark.slow
def test_a_killed_worker_changes_no_byte(tmp_path: Path) -> None:
    write_days(tmp_path)
    made = tmp_path / "recipe.yaml"
    settings = recipe(tmp_path, 2, NEAR_AND_VERIFIED | {"max_documents_in_one_task": 0}).model_dump(
        by_alias=True, mode="json", exclude_defaults=True
    )
    made.write_text(yaml.safe_dump(settings), encoding="utf-8")
    lakes = {master: tmp_path / f"lake-{number}" for number, master in enumerate(("local[1]", "local[4]"))}
    for master, lake in lakes.items():
        assert build(made, lake, master).wait() == 0, lake.with_suffix(".log").read_text(encoding="utf-8")[-3000:]
    expected = snapshot(lakes["local[1]"] / "stages" / "dedup")
    assert snapshot(lakes["local[4]"] / "stages" / "dedup") == expected

    lake = tmp_path / "lake-cluster"
    with cluster(tmp_path) as started:
        run = build(made, lake, started.master)
        decided = lake / "stages" / "decide"
        wait_for("dedup to begin", lambda: len(list(decided.rglob("manifest.json"))) == 2 or run.poll() is not None)
        time.sleep(2)
        assert run.poll() is None, "the run was over before a worker could be killed"
        kill_group(started.workers[0])
        assert run.wait() == 0, lake.with_suffix(".log").read_text(encoding="utf-8")[-3000:]
    assert snapshot(lake / "stages" / "dedup") == expected

"""Dedup on a standalone cluster of two workers, one of which is killed while it works: the same bytes as on a laptop."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.pipelines.duplicates.test_incremental import NEAR_AND_VERIFIED, recipe, write_days
from tests.pipelines.in_process import snapshot

CLASS = "org.apache.spark.deploy"
WAIT_SECONDS = 180


def spark_class() -> str:
    import pyspark

    return str(Path(pyspark.__file__).parent / "bin" / "spark-class")


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


def wait_for(what: str, is_there: Callable[[], bool]) -> None:
    for _ in range(WAIT_SECONDS * 10):
        if is_there():
            return
        time.sleep(0.1)
    pytest.fail(f"waited {WAIT_SECONDS} s for {what}")


@contextmanager
def cluster(folder: Path) -> "Iterator[tuple[str, list[subprocess.Popen[bytes]]]]":
    """A master with two workers of one core each: its url and the workers' processes."""
    port = free_port()
    environment = os.environ | {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_WORKER_DIR": str(folder / "work"),
        # Not the folder of the environment, whose log tells errors only: what is waited for is Spark's own default log.
        "SPARK_CONF_DIR": str(folder / "conf"),
    }
    log = folder / "cluster.log"
    processes: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> "subprocess.Popen[bytes]":
        with log.open("ab") as output:
            process = subprocess.Popen(
                [spark_class(), *arguments],
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd="/",
            )
        processes.append(process)
        return process

    def registered() -> int:
        return log.read_text(encoding="utf-8", errors="replace").count("Successfully registered with master")

    try:
        start(f"{CLASS}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(free_port()))
        wait_for("the master", lambda: b"I have been elected leader" in log.read_bytes())
        url = f"spark://127.0.0.1:{port}"
        worker = (f"{CLASS}.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g")
        workers = [start(*worker, "--webui-port", str(free_port()), url) for _ in range(2)]
        wait_for("two workers", lambda: registered() == 2)
        yield url, workers
    finally:
        for process in processes:
            with_children(process, signal.SIGKILL)


def with_children(process: "subprocess.Popen[bytes]", number: int) -> None:
    """Signal a process and what it started: a worker's executors, and their Python workers."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
    process.wait()


def build(made: Path, lake: Path, master: str) -> "subprocess.Popen[bytes]":
    """The command up to dedup; what is lost is noticed after 20 seconds and not two minutes."""
    (lake.parent / "spark-defaults.conf").write_text(
        "spark.network.timeout 20s\nspark.network.timeoutInterval 10s\nspark.executor.heartbeatInterval 5s\n",
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
    with cluster(tmp_path) as (master, workers):
        run = build(made, lake, master)
        decided = lake / "stages" / "decide"
        wait_for("dedup to begin", lambda: len(list(decided.rglob("manifest.json"))) == 2 or run.poll() is not None)
        time.sleep(2)
        assert run.poll() is None, "the run was over before a worker could be killed"
        with_children(workers[0], signal.SIGKILL)
        assert run.wait() == 0, lake.with_suffix(".log").read_text(encoding="utf-8")[-3000:]
    assert snapshot(lake / "stages" / "dedup") == expected

"""The job as a person starts it: `spark-submit --master ... pipelines/build_mix.py`, in a group of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.docs.pages import ROOT
from tests.services.light_jvm import LIGHT_JVM
from tests.services.processes import kill_group

MOST_SECONDS = 600

# What is lost is noticed in seconds and not in minutes, and the JVMs start in half the time.
SETTINGS = {
    "spark.network.timeout": "20s",
    "spark.network.timeoutInterval": "5s",
    "spark.executor.heartbeatInterval": "4s",
    "spark.executor.memory": "512m",
    "spark.driver.extraJavaOptions": LIGHT_JVM,
    "spark.executor.extraJavaOptions": LIGHT_JVM,
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
}


class Job:
    """One run of the command, and its log."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self.log = log
        self.started = time.monotonic()

    def text(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def is_running(self) -> bool:
        """Whether it goes on."""
        return self.process.poll() is None

    def wait(self) -> int:
        """Its exit code; a run that doesn't end is killed and is a failure."""
        try:
            return self.process.wait(MOST_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the job did not end in {MOST_SECONDS} s:\n{self.text()[-3000:]}") from None

    def kill(self) -> None:
        """`kill -9` of the driver, JVM and Python."""
        kill_group(self.process, signal.SIGKILL)


def start(
    log: Path,
    master: str,
    arguments: list[str],
    settings: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    python: str = sys.executable,
    py_files: Path | None = None,
) -> Job:
    """Start the command in `/`; `settings` are Spark's, `python` that of driver and executors."""
    conf = log.parent / "job-conf"
    conf.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "docker" / "spark-conf" / "log4j2.properties", conf)
    own = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONF_DIR": str(conf), "PYSPARK_PYTHON": python}
    chosen = SETTINGS | dict(settings or {})
    options = [part for name, value in chosen.items() for part in ("--conf", f"{name}={value}")]
    options += ["--py-files", str(py_files)] if py_files else []
    submit = str(Path(sys.executable).with_name("spark-submit"))
    script = str(ROOT / "pipelines" / "build_mix.py")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [submit, "--master", master, *options, script, *arguments],
            env=os.environ | own | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
        )
    return Job(process, log)

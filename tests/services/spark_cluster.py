"""A real standalone Spark cluster on loopback, of the daemons that pip's pyspark ships."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.processes import Group, free_port, group, wait_for

DEPLOY = "org.apache.spark.deploy"


def spark_class() -> str:
    """The launcher of Spark's daemons."""
    import pyspark

    return str(Path(pyspark.__file__).parent / "bin" / "spark-class")


@dataclass
class Cluster:
    """A master's url and its workers' processes."""

    master: str
    processes: Group
    environment: dict[str, str]
    workers: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def add_worker(self, cores: int = 1, memory: str = "1g") -> "subprocess.Popen[bytes]":
        """One more worker, registered."""
        before = self.registered()
        worker = self.processes.start(
            [
                *(spark_class(), f"{DEPLOY}.worker.Worker", "--host", "127.0.0.1", "--cores", str(cores)),
                *("--memory", memory, "--webui-port", str(free_port()), self.master),
            ],
            self.environment,
        )
        self.workers.append(worker)
        wait_for("a worker", lambda: self.registered() > before)
        return worker

    def registered(self) -> int:
        """How many workers have registered since the beginning."""
        return self.processes.text().count("Successfully registered with master")


@contextmanager
def cluster(folder: Path, workers: int = 2, environment: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A master with workers of one core each; `folder` holds their log and work."""
    port = free_port()
    settings = dict(os.environ if environment is None else environment) | {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_WORKER_DIR": str(folder / "work"),
        # Not the folder of the environment, whose log tells errors only: what is waited for is Spark's own default log.
        "SPARK_CONF_DIR": str(folder / "conf"),
    }
    with group(folder / "cluster.log") as processes:
        processes.start(
            [
                *(spark_class(), f"{DEPLOY}.master.Master", "--host", "127.0.0.1", "--port", str(port)),
                *("--webui-port", str(free_port())),
            ],
            settings,
        )
        wait_for("the master", lambda: "I have been elected leader" in processes.text())
        made = Cluster(f"spark://127.0.0.1:{port}", processes, settings)
        for _ in range(workers):
            made.add_worker()
        yield made

"""Airflow on loopback: API server, DAG processor and scheduler on SQLite, as processes of its own environment."""

import json
import os
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services.processes import Group, free_port, group, kill_tree, wait_for

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = Path(os.environ.get("MIXDOWN_AIRFLOW_VENV") or ROOT / ".venv-airflow")  # `make airflow` makes it
DAG = "mixdown"
ENDED = ("success", "failed")
POLL_SECONDS = 1.0  # an answer of the API takes a good part of a tenth


def is_installed() -> bool:
    """Whether `make airflow` was run."""
    return (ENVIRONMENT / "bin" / "airflow").exists()


@dataclass
class Airflow:
    """The API of a running Airflow, and its command line."""

    address: str
    home: Path
    environment: dict[str, str]
    processes: Group
    token: str = ""

    def get(self, path: str) -> Any:
        """What the API answers to GET."""
        return self._ask("GET", path, None)

    def post(self, path: str, content: Mapping[str, Any]) -> Any:
        """What the API answers to POST."""
        return self._ask("POST", path, content)

    def patch(self, path: str, content: Mapping[str, Any]) -> Any:
        """What the API answers to PATCH."""
        return self._ask("PATCH", path, content)

    def command(self, *arguments: str) -> str:
        """Output of `airflow ...`; AssertionError with all of it where it fails."""
        done = subprocess.run(
            [str(ENVIRONMENT / "bin" / "airflow"), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        assert done.returncode == 0, f"airflow {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def trigger(self, run: str, start: str, end: str, conf: Mapping[str, Any] | None = None) -> str:
        """Start a run of the data interval from `start` to `end`; its id."""
        asked = {
            "dag_run_id": run,
            "logical_date": start,
            "data_interval_start": start,
            "data_interval_end": end,
            "conf": dict(conf or {}),
        }
        return str(self.post(f"dags/{DAG}/dagRuns", asked)["dag_run_id"])

    def states(self, run: str) -> dict[str, str]:
        """State of every task of a run, by its name."""
        tasks = self.get(f"dags/{DAG}/dagRuns/{run}/taskInstances")["task_instances"]
        return {task["task_id"]: task["state"] for task in tasks}

    def tries(self, run: str, task: str) -> int:
        """How often a task was started."""
        return int(self.get(f"dags/{DAG}/dagRuns/{run}/taskInstances/{task}")["try_number"])

    def ended(self, run: str, seconds: float = 1800) -> str:
        """Wait for a run's end; its state."""

        def state() -> str:
            return str(self.get(f"dags/{DAG}/dagRuns/{run}")["state"])

        wait_for(f"the end of run {run}", lambda: state() in ENDED, seconds, POLL_SECONDS)
        return state()

    def task_log(self, run: str, task: str) -> str:
        """What a task wrote, all its tries."""
        folder = self.home / "logs" / f"dag_id={DAG}" / f"run_id={run}" / f"task_id={task}"
        return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.log")))

    def _ask(self, method: str, path: str, content: Mapping[str, Any] | None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self.address}/{path}", body, headers, method=method)
        try:
            with _direct().open(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()[:1000]!r}") from error


@contextmanager
def airflow(folder: Path, master: str = "local[2]", settings: Mapping[str, str] | None = None) -> Iterator[Airflow]:
    """Airflow with the DAG of `pipelines/dags`, which submits to `master`; `folder` holds its database and logs.

    `settings` are further variables of its processes' environment, and so of spark-submit's.
    """
    port = free_port()
    environment = _environment(folder, port, master) | dict(settings or {})
    with group(folder / "airflow.log") as processes:
        started = Airflow(f"http://127.0.0.1:{port}/api/v2", folder, environment, processes)
        started.command("db", "migrate")
        started.command("dags", "reserialize")  # else the list of DAGs is empty until the processor comes round
        binary = str(ENVIRONMENT / "bin" / "airflow")
        processes.start([binary, "api-server"], environment)
        wait_for("Airflow's API", lambda: _healthy(port, ()), every=POLL_SECONDS)
        processes.start([binary, "dag-processor"], environment)
        # Task logs are read from this disk; the log server would listen on every interface.
        processes.start([binary, "scheduler", "--skip-serve-logs"], environment)
        wait_for("Airflow's scheduler", lambda: _healthy(port, ("scheduler", "dag_processor")), every=POLL_SECONDS)
        with _direct().open(f"http://127.0.0.1:{port}/auth/token", timeout=60) as answer:
            started.token = json.loads(answer.read())["access_token"]
        try:
            yield started
        finally:
            for process in reversed(processes.processes):  # the scheduler first, so that no task follows
                kill_tree(process)


def _healthy(port: int, parts: tuple[str, ...]) -> bool:
    try:
        with _direct().open(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=10) as answer:
            health = json.loads(answer.read())
    except OSError:
        return False
    return all(health[part]["status"] == "healthy" for part in ("metadatabase", *parts))


def _direct() -> urllib.request.OpenerDirector:
    """Requests to loopback, whatever proxy the environment names."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _environment(folder: Path, port: int, master: str) -> dict[str, str]:
    import pyspark

    spark = Path(pyspark.__file__).parent
    folders = (ENVIRONMENT / "bin", spark / "bin", Path(sys.executable).parent)
    connection = {"conn_type": "spark", "host": master, "extra": {"deploy-mode": "client"}}
    return dict(os.environ) | {
        "PATH": ":".join([*map(str, folders), os.environ.get("PATH", "")]),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "SPARK_HOME": str(spark),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps(connection),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "pipelines" / "dags"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "1",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "true",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "true",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "false",
    }

"""The DAG run by a real Airflow, with real spark-submit: what happens on a schedule, from the first interval on.

The tests build on each other's runs, in this order, as days do.
"""

import json
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.stages import STAGE_NAMES
from tests.audit import audit, code_share
from tests.pipelines.in_process import snapshot
from tests.services.airflow import DAG, ENVIRONMENT, Airflow, airflow, is_installed
from tests.services.light_jvm import LIGHT_JVM
from tests.services.processes import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_installed(), reason=f"no Airflow in {ENVIRONMENT}: run `make airflow`"),
]

ALERT_TOKEN = "of-the-alert-connection"  # pragma: allowlist secret
DAY = timedelta(days=1)


@dataclass
class Deployment:
    """A running Airflow, its folder, and the alerts that came in."""

    airflow: Airflow
    folder: Path
    alerts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # (Authorization, body)

    def write_hours(self, start: datetime, count: int) -> None:
        """Input files of `count` hours from `start`, named as hourly archives are."""
        folder = self.folder / "input"
        folder.mkdir(exist_ok=True)
        for hour in (start + timedelta(hours=number) for number in range(count)):
            words = random.Random(hour.isoformat())
            lines = [json.dumps({"text": " ".join(words.choices(WORDS, k=150))}) for _ in range(6)]
            (folder / f"{hour:%Y-%m-%d}-{hour.hour}.jsonl").write_text("\n".join(lines), encoding="utf-8")

    def mixture(self) -> Path:
        """The folder of the mixture that was built last."""
        mixtures = self.folder / "lake" / "mixtures" / "hours"
        return mixtures / (mixtures / "latest").read_text(encoding="utf-8").strip()

    def manifest(self, stage: str) -> dict[str, Any]:
        """The manifest of the crawl that a stage published last."""
        found = (self.folder / "lake" / "stages" / stage / "crawl").glob("*/manifest.json")
        content = max(found, key=lambda path: path.stat().st_mtime_ns).read_text(encoding="utf-8")
        return dict(json.loads(content))


WORDS = [
    f"{stem}{end}" for stem in ("lamp", "boat", "harbour", "keeper", "rope", "tide") for end in ("", "s", "ed", "ing")
]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("schedule")
    recipes = folder / "recipes"
    recipes.mkdir()
    (folder / "code.jsonl").write_text(
        "\n".join(json.dumps({"text": f"def lamp_{number}():\n    return {number} * 7\n"}) for number in range(40)),
        encoding="utf-8",
    )
    recipe = {
        "name": "hours",
        "sources": [
            {"name": "crawl", "kind": "jsonl", "uri": str(folder / "input"), "dated": "%Y-%m-%d-%H"},
            {"name": "code", "kind": "jsonl_code", "uri": str(folder / "code.jsonl")},
        ],
        "phases": [{"budget_tokens": 4096, "weights": {"crawl": 0.5, "code": 0.5}}],
        "sequence_length": 128,
        "max_epochs": 100,
    }
    (recipes / "hours.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    made = Deployment(None, folder)  # type: ignore[arg-type]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made.alerts))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    alerts = {
        "conn_type": "http",
        "host": "http://127.0.0.1",
        "port": server.server_port,
        "password": ALERT_TOKEN,
        "extra": {"endpoint": "/alerts"},
    }
    settings = {
        "MIXDOWN_RECIPES": str(recipes),
        "MIXDOWN_RECIPE": "hours.yaml",
        "MIXDOWN_LAKES": str(folder / "lake"),
        "MIXDOWN_RETRIES": "1",
        "MIXDOWN_RETRY_SECONDS": "5",
        "MIXDOWN_ALERT_CONNECTION": "mixdown_alerts",
        "AIRFLOW_CONN_MIXDOWN_ALERTS": json.dumps(alerts),
        "JAVA_TOOL_OPTIONS": LIGHT_JVM,
    }
    try:
        with airflow(folder / "airflow", settings=settings) as made.airflow:
            yield made
    finally:
        server.shutdown()
        server.server_close()


def _handler(alerts: list[tuple[str, dict[str, Any]]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            alerts.append((self.headers["Authorization"], {"path": self.path} | json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: pytest's output is for tests."""

    return Handler


@dataclass
class Run:
    """A run's id and its data interval."""

    id: str
    start: datetime
    end: datetime


@pytest.fixture(scope="module")
def scheduled(deployment: Deployment) -> Run:
    """The run that Airflow schedules for the last day; its input comes only when the first try has failed."""
    deployment.airflow.patch(f"dags/{DAG}", {"is_paused": False})
    runs: list[dict[str, Any]] = []

    def is_there() -> bool:
        runs[:] = deployment.airflow.get(f"dags/{DAG}/dagRuns")["dag_runs"]
        return bool(runs)

    wait_for("the scheduled run", is_there)
    start, end = (datetime.fromisoformat(runs[0][f"data_interval_{side}"]) for side in ("start", "end"))
    run = Run(runs[0]["dag_run_id"], start, end)
    wait_for(
        "the first try to fail",
        lambda: deployment.airflow.states(run.id)["ingest"] == "up_for_retry",
        seconds=600,
        every=0.5,
    )
    deployment.write_hours(end - timedelta(hours=3), 3)
    assert deployment.airflow.ended(run.id) == "success", deployment.airflow.task_log(run.id, "ingest")[-3000:]
    return run


def test_the_file_is_read_without_errors(deployment: Deployment) -> None:
    assert deployment.airflow.command("dags", "list-import-errors", "--output", "json").splitlines()[-1] in (
        "[]",
        "No data found",
    )
    assert [dag["dag_id"] for dag in deployment.airflow.get("dags")["dags"]] == [DAG]


def test_a_failed_task_is_tried_again_and_the_run_builds_the_mixture(deployment: Deployment, scheduled: Run) -> None:
    assert deployment.airflow.states(scheduled.id) == dict.fromkeys(STAGE_NAMES, "success")
    assert "finds no input" in deployment.airflow.task_log(scheduled.id, "ingest")
    assert [deployment.airflow.tries(scheduled.id, stage) for stage in ("ingest", "annotate")] == [2, 1]
    assert deployment.alerts == []  # it was mended before the last try
    found = audit(deployment.mixture())
    assert {source["name"]: source["documents"] for source in found["sources"]} == {"crawl": 18, "code": 40}


def test_a_later_interval_takes_the_new_hours_in(deployment: Deployment, scheduled: Run) -> None:
    earlier = deployment.mixture()
    deployment.write_hours(scheduled.end, 2)
    deployment.write_hours(scheduled.end + DAY, 1)  # of the day after: not yet
    moment = (scheduled.end + DAY).isoformat()
    run = deployment.airflow.trigger("later", scheduled.end.isoformat(), moment, {"code_ratio": 0.25})
    assert deployment.airflow.ended(run) == "success"
    assert "3 of 5 splits are unchanged, taken over" in deployment.airflow.task_log(run, "ingest")
    assert len(deployment.manifest("ingest")["settings"]["splits"]) == 5
    found = audit(deployment.mixture())
    assert deployment.mixture() != earlier
    assert {source["name"]: source["documents"] for source in found["sources"]} == {"crawl": 30, "code": 40}
    assert code_share(deployment.mixture()) == (0.25, 32)
    audit(earlier)


def test_a_backfill_of_an_interval_that_was_built_does_no_work(deployment: Deployment, scheduled: Run) -> None:
    """Though files of later hours lie there by now."""
    before = snapshot(deployment.folder / "lake" / "stages")
    latest = deployment.mixture()
    day = scheduled.start.date().isoformat()
    deployment.airflow.command(
        *("backfill", "create", "--dag-id", DAG, "--from-date", day, "--to-date", day),
        *("--reprocess-behavior", "completed"),
    )
    runs = deployment.airflow.get(f"dags/{DAG}/dagRuns?run_type=backfill")["dag_runs"]
    (run,) = [found["dag_run_id"] for found in runs]
    assert deployment.airflow.ended(run) == "success"
    assert snapshot(deployment.folder / "lake" / "stages") == before
    assert "nothing changed: no stage did any work" in deployment.airflow.task_log(run, "mix")
    assert deployment.mixture() != latest  # `latest` is what was built last, not the latest interval


def test_a_task_that_fails_for_good_is_told_of_once(deployment: Deployment, scheduled: Run) -> None:
    start = scheduled.start - 30 * DAY
    run = deployment.airflow.trigger("before-all-input", start.isoformat(), (start + DAY).isoformat())
    assert deployment.airflow.ended(run) == "failed"
    states = deployment.airflow.states(run)
    assert states.pop("ingest") == "failed"
    assert set(states.values()) == {"upstream_failed"}
    log = deployment.airflow.task_log(run, "ingest")
    assert "none of the 6 files" in log
    ((authorization, told),) = deployment.alerts
    assert authorization == f"Bearer {ALERT_TOKEN}"
    assert (told["path"], told["event"], told["stage"], told["run"]) == (
        "/alerts",
        "mixdown_task_failed",
        "ingest",
        run,
    )
    assert told["try"] == 2
    assert "mixdown_task_failed" in log
    logs = [path for path in deployment.airflow.home.rglob("*.log") if path.is_file()]
    assert len(logs) > 20
    assert [path for path in logs if ALERT_TOKEN in path.read_text(encoding="utf-8", errors="replace")] == []

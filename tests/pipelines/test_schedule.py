"""The DAG as Airflow reads it: its stages, its parameters, what it imports. tests/pipelines/test_schedule_runs.py runs it."""

import ast
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipelines.stages import STAGE_NAMES
from tests.services.airflow import ENVIRONMENT, ROOT, is_installed

FILE = ROOT / "pipelines" / "dags" / "mix_dag.py"

installed = pytest.mark.skipif(not is_installed(), reason=f"no Airflow in {ENVIRONMENT}: run `make airflow`")

LOADED = f"""
import importlib.util, json, sys, time
import airflow.sdk, airflow.providers.apache.spark.operators.spark_submit
before = time.perf_counter()
spec = importlib.util.spec_from_file_location("mix_dag", {str(FILE)!r})
mix = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mix)
seconds = time.perf_counter() - before
dag = mix.mixture_dag("asked", mix.Settings())
"""


def asked(code: str, folder: Path, **settings: str) -> Any:
    """What `code` prints as JSON in Airflow's Python, where nothing of mixdown can be imported."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "MIXDOWN_"))}
    environment |= {"AIRFLOW_HOME": str(folder), "AIRFLOW__CORE__LOAD_EXAMPLES": "false"} | settings
    done = subprocess.run(
        [str(ENVIRONMENT / "bin" / "python"), "-c", LOADED + code],
        env=environment,
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_schedule_has_the_stages_in_their_order() -> None:
    for node in ast.parse(FILE.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "STAGES":
            assert ast.literal_eval(node.value) == STAGE_NAMES
            return
    raise AssertionError("mix_dag.py has no STAGES")


@installed
def test_reading_it_is_quick_and_loads_nothing_heavy(tmp_path: Path) -> None:
    found = asked('print(json.dumps([seconds, sorted({name.split(".")[0] for name in sys.modules})]))', tmp_path)
    seconds, modules = found
    print(f"mix_dag.py beside Airflow's own imports: {seconds:.3f} s")
    heavy = {"pyspark", "py4j", "pyarrow", "pandas", "numpy", "torch", "duckdb"}
    own = {"pipelines", "quality", "dedup", "mixer", "trainer"}
    assert set(modules) & (heavy | own) == set()


@installed
def test_tasks_follow_each_other_and_are_tried_again(tmp_path: Path) -> None:
    code = """
tasks = {task.task_id: task for task in dag.tasks}
print(json.dumps({
    "order": [[stage, sorted(tasks[stage].downstream_task_ids)] for stage in mix.STAGES],
    "tries": [[task.retries, task.retry_delay.total_seconds(), task.retry_exponential_backoff,
               task.execution_timeout.total_seconds(), task.on_failure_callback != []] for task in dag.tasks],
    "dag": [dag.max_active_runs, dag.catchup, sorted(dag.tags), bool(dag.doc_md)],
    "schedule": type(dag.timetable).__name__,
}))
"""
    settings = {"MIXDOWN_RETRIES": "5", "MIXDOWN_RETRY_SECONDS": "7", "MIXDOWN_STAGE_HOURS": "0.5"}
    found = asked(code, tmp_path, **settings)
    following = [*STAGE_NAMES[1:], None]
    assert found["order"] == [
        [stage, [after] if after else []] for stage, after in zip(STAGE_NAMES, following, strict=True)
    ]
    assert found["tries"] == [[5, 7.0, 2.0, 1800.0, True]] * len(STAGE_NAMES)
    assert found["dag"] == [1, False, ["mixdown"], True]
    assert found["schedule"] == "CronDataIntervalTimetable"
    nothing = asked("print(json.dumps(type(dag.timetable).__name__))", tmp_path, MIXDOWN_SCHEDULE="none")
    assert nothing == "NullTimetable"


ARGUMENTS = """
from datetime import datetime, timezone
from types import SimpleNamespace
run = SimpleNamespace(data_interval_end=datetime(2026, 11, 27, tzinfo=timezone.utc), run_after=None)
manual = SimpleNamespace(data_interval_end=None, run_after=datetime(2026, 11, 27, 8, 30, tzinfo=timezone.utc))
params = {name: param.resolve() for name, param in mix.parameters(mix.Settings()).items()}
full = params | {"sources": "mine.yml", "code_ratio": 0.25, "budget": "10B", "as_of": "2026-01-01"}
print(json.dumps([mix.stage_arguments("/recipes", "dedup", *given) for given in [(params, run), (full, run), (params, manual)]]))
"""


@installed
def test_the_arguments_of_a_stage(tmp_path: Path) -> None:
    plain, full, manual = asked(ARGUMENTS, tmp_path, MIXDOWN_LAKES="s3://one/lake /two")
    assert plain == [
        "--recipe=/recipes/demo.yaml",
        "--lake=s3://one/lake",
        "--until=dedup",
        "--as-of=2026-11-27T00:00:00Z",
    ]
    assert full[3:] == ["--as-of=2026-01-01", "--sources=/recipes/mine.yml", "--code-ratio=0.25", "--budget=10B"]
    assert manual[3] == "--as-of=2026-11-27T08:30:00Z"


GOOD = {
    "recipe": ["demo.yaml", "team_1/long.name-2.yml"],
    "sources": [None, "mine.yaml"],
    "lake": ["s3://one/lake", "/two"],
    "code_ratio": [None, 0, 0.5, 1],
    "budget": [None, "500_000", "10B", "1.5T"],
    "as_of": [None, "2026-11-26", "2026-11-26T07:00Z", "2026-11-26T07:00:00+02:00"],
}
BAD = {
    "recipe": [
        *("../secret.yaml", "a/../../b.yaml", "/etc/passwd.yaml", ".hidden.yaml", "-rf.yaml", "a b.yaml", "a.yaml\n"),
        *(
            "a.yaml; rm -rf /",
            "$(id).yaml",
            "`id`.yaml",
            "{{ 7 * 7 }}.yaml",
            "demo.json",
            "",
            None,
            7,
            "a" * 300 + ".yaml",
        ),
    ],
    "sources": ["../mine.yaml", "--lake=/x.yaml", "", 1],
    "lake": ["/etc", "s3://two/lake", "s3://one/lake/", "", None],
    "code_ratio": [-0.1, 1.1, "0.5", "nan", True],
    "budget": ["-5", "10G", "1e9", "ten", "10B\n", "", 5, "--lake=x"],
    "as_of": ["yesterday", "2026-11-26 07:00", "2026-11-26T07:00Z\n", "2026-11-26; id", "{{ ds }}", 20261126],
}
VALIDATED = """
import copy
from airflow.sdk.exceptions import ParamValidationError
schema = mix.parameters(mix.Settings())
def accepted(name, value):
    try:
        copy.deepcopy(schema[name]).resolve(value)
    except ParamValidationError:
        return False
    return True
print(json.dumps([[name, value, accepted(name, value)] for name, values in json.loads(GIVEN).items() for value in values]))
"""


@installed
@pytest.mark.parametrize(("values", "expected"), [(GOOD, True), (BAD, False)], ids=["good", "hostile"])
def test_parameters_are_held_against_their_schemas(
    values: dict[str, list[Any]], expected: bool, tmp_path: Path
) -> None:
    code = f"GIVEN = {json.dumps(values)!r}\n{VALIDATED}"
    found = asked(code, tmp_path, MIXDOWN_LAKES="s3://one/lake /two")
    assert [entry for entry in found if entry[2] is not expected] == []


@installed
def test_settings_that_no_schema_allows_are_an_error_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="Invalid input for param recipe"):
        asked("print(0)", tmp_path, MIXDOWN_RECIPE="../elsewhere.yaml")


ALERT = """
import logging
from datetime import datetime, timezone
from types import SimpleNamespace
lines = []
mix.log.addHandler(SimpleNamespace(level=0, handle=lambda record: lines.append(record.getMessage())))
instance = SimpleNamespace(dag_id="mixdown", run_id="one", task_id="ingest", try_number=4, log_url="http://airflow/log")
run = SimpleNamespace(data_interval_end=datetime(2026, 11, 27, tzinfo=timezone.utc))
mix.alert({"ti": instance, "dag_run": run, "exception": RuntimeError("password=hunter2")})
print(json.dumps(lines))
"""
TOKEN = "bearer-of-the-test"  # pragma: allowlist secret


class Hook:
    """A web address that answers with the statuses of `answers`, the last of them for ever, and notes what came."""

    def __init__(self, answers: list[int], location: str = "") -> None:
        self.came: list[tuple[str | None, bytes]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.came.append((self.headers["Authorization"], body))
                self.send_response(answers[min(len(hook.came), len(answers)) - 1])
                if location:
                    self.send_header("Location", location)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: pytest's output is for tests."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port

    def __enter__(self) -> "Hook":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def alerted(folder: Path, host: str, port: int) -> list[dict[str, Any]]:
    """What the alert logs when it goes to that address."""
    connection = {"conn_type": "http", "host": host, "port": port, "password": TOKEN}
    lines = asked(
        ALERT,
        folder,
        MIXDOWN_ALERT_CONNECTION="alerts",
        AIRFLOW_CONN_ALERTS=json.dumps(connection),
        no_proxy="127.0.0.1",
    )
    assert "hunter2" not in "".join(lines)
    assert TOKEN not in "".join(lines)
    return [json.loads(line) for line in lines]


@installed
@pytest.mark.parametrize(
    ("answers", "requests", "failed"),
    [([204], 1, False), ([503, 503, 200], 3, False), ([503], 3, True), ([403], 1, True)],
    ids=["at once", "after faults", "never", "refused"],
)
def test_an_alert_is_sent_until_it_is_taken_or_refused(
    answers: list[int], requests: int, failed: bool, tmp_path: Path
) -> None:
    with Hook(answers) as hook:
        lines = alerted(tmp_path, "http://127.0.0.1", hook.port)
    assert len(hook.came) == requests
    authorization, body = hook.came[0]
    assert authorization == f"Bearer {TOKEN}"
    assert b"hunter2" not in body
    told = json.loads(body)
    assert {name: told[name] for name in lines[0]} == lines[0]
    assert (told["error"], told["interval_end"]) == ("RuntimeError", "2026-11-27T00:00:00+00:00")
    assert [line["event"] for line in lines[1:]] == (["mixdown_alert_failed"] if failed else [])


@installed
def test_the_token_is_for_one_host(tmp_path: Path) -> None:
    with Hook([200]) as other, Hook([302], f"http://127.0.0.1:{other.port}/") as hook:
        lines = alerted(tmp_path, "http://127.0.0.1", hook.port)
    assert (len(hook.came), other.came) == (1, [])
    assert lines[1] == {"event": "mixdown_alert_failed", "error": "HTTPError"}
    assert alerted(tmp_path, "file:///etc/passwd", 0)[1]["error"] == "ValueError"

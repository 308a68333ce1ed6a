"""The DAG as Airflow reads it: its stages, its parameters, what it imports. tests/pipelines/test_schedule_runs.py runs it."""

import ast
import json
import os
import subprocess
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

"""One small recipe on a real local Spark, a stage after another: what a log, a terminal and a collector see."""

import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.java import find_java
from pipelines.lake import Lake
from pipelines.metering.stage_metrics import METRICS_NAME, StageMetrics, read_metrics
from pipelines.runs.record import RunRecord, read_runs
from tests.pipelines.in_process import write_jsonl

ROOT = Path(__file__).resolve().parents[3]
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_java() is None, reason="no Java 17: install a JRE or run `make setup`"),
]

RECIPE = """
name: small
sources:
  - {name: web, kind: jsonl, uri: "web/*.jsonl", where: n_chars < 900}
  - {name: code, kind: jsonl_code, uri: code.jsonl}
phases:
  - {name: main, budget_tokens: 4000, weights: {web: 0.5, code: 0.5}}
sequence_length: 64
max_epochs: 50
retention: {max_loss: 1.0}
"""


@dataclass
class Runs:
    """What three runs over one lake printed on standard error."""

    lake: Path
    in_a_log: str  # until annotate
    on_a_terminal: str  # until dedup
    to_a_collector: str  # until mix
    failed: str  # a lake that another kind of file stands in the way of


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "MIXDOWN_PROGRESS_SECONDS": "0.2",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TERM": "xterm",
        "COLUMNS": "160",
        "HOME": str(folder),
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("runs")
    (folder / "small.yaml").write_text(RECIPE, encoding="utf-8")
    prose = [{"text": f"{n % 700} the lamp of {SECRET} is lit. " * (1 + n % 40)} for n in range(1000)]
    for part in range(8):
        write_jsonl(folder / "web" / f"{part}.jsonl", [*prose[part::8], *(["no json"] if part == 0 else [])])
    write_jsonl(folder / "code.jsonl", [{"text": f"def f{n}(x):\n    return x + {n}\n" * 9} for n in range(300)])
    lake = folder / "lake"
    mixdown = str(Path(sys.executable).parent / "mixdown")
    command = [mixdown, "build", str(folder / "small.yaml"), "--lake", str(lake), "--master", "local[2]"]
    plain = piped([*command, "--until", "annotate"], folder)
    terminal = in_a_terminal([*command, "--until", "dedup"], folder)
    collector = piped([*command, "--code-ratio", "0.5", "--log-format", "json"], folder)
    failed = piped([*command, "--budget", "9000T"], folder, status=2)
    return Runs(lake, plain, terminal, collector, failed)


def piped(command: list[str], folder: Path, status: int = 0) -> str:
    done = subprocess.run(command, env=environment(folder), cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr[-3000:]
    assert SECRET not in done.stdout + done.stderr
    return done.stderr


def in_a_terminal(command: list[str], folder: Path) -> str:
    """What a terminal of its own shows."""
    main, side = pty.openpty()
    process = subprocess.Popen(command, env=environment(folder), cwd="/", stdin=side, stdout=side, stderr=side)
    os.close(side)
    shown = b""
    try:
        while piece := os.read(main, 65_536):
            shown += piece
    except OSError:  # the other end is closed: Linux says EIO
        pass
    os.close(main)
    assert process.wait() == 0, shown[-3000:]
    return shown.decode(errors="replace")


def metrics(lake: Path) -> dict[str, StageMetrics]:
    """By stage and source, and the mixture's by `mix`."""
    found = {path.parts[-4] + "/" + path.parts[-3]: path for path in lake.glob(f"stages/*/*/*/{METRICS_NAME}")}
    (found["mix"],) = lake.glob(f"mixtures/*/*/{METRICS_NAME}")
    return {name: read_metrics(str(path)) for name, path in found.items()}


def test_a_log_has_lines_with_documents_pace_and_time_left(runs: Runs) -> None:
    lines = [line for line in runs.in_a_log.splitlines() if re.match(r"(ingest|annotate) +\d+/\d+ tasks", line)]
    assert any(re.search(r"\d documents  [\d.,]+ MB/s  about \d+ \w+ left", line) for line in lines), runs.in_a_log
    assert "\x1b" not in runs.in_a_log
    assert re.search(r"^annotate +\d+ tasks +[\d.]+ s   1,300 in, 1,300 out$", runs.in_a_log, re.MULTILINE)


def test_a_terminal_has_a_bar_with_the_same(runs: Runs) -> None:
    text = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", runs.on_a_terminal)
    assert re.search(r"(decide|dedup) .*\d+/\d+ tasks  [\d.,]+ (?:k )?documents  [\d.,]+ MB/s", text), text[-3000:]
    assert re.search(r"dedup +\d+ tasks +[\d.]+ s", text)


def test_a_collector_gets_json_and_nothing_else(runs: Runs) -> None:
    lines = [json.loads(line) for line in runs.to_a_collector.splitlines() if line.startswith("{")]
    others = [line for line in runs.to_a_collector.splitlines() if line and not line.startswith("{")]
    assert all("incubator" in line or "log level" in line or "sc.setLogLevel" in line for line in others), others
    assert {line["event"] for line in lines} >= {"run begins", "stage begins", "source done", "stage done", "run done"}
    assert all({"time", "level", "run"} <= set(line) for line in lines)
    (tokenized,) = [
        line
        for line in lines
        if line["event"] == "source done" and line["stage"] == "tokenize" and line["source"] == "code"
    ]
    assert (tokenized["documents_in"], tokenized["documents_out"], tokenized["made"]) == (300, 300, True)


def test_every_run_is_recorded(runs: Runs) -> None:
    records = read_runs(Lake(str(runs.lake)))
    assert [record.id for record in records] == sorted((record.id for record in records), reverse=True)
    failed, third, second, first = records
    assert [(record.outcome, record.until) for record in (first, second, third)] == [
        ("done", "annotate"),
        ("done", "dedup"),
        ("done", "mix"),
    ]
    assert [stage.stage for stage in third.stages][-1] == "mix"
    assert third.mixture.startswith("mixtures/small/")
    assert (third.documents, third.code_ratio) == (1300, 0.5)
    assert (third.budget_tokens, third.command[0]) == (4000, "mixdown")
    assert third.stages[0].sources["web"].made is False
    assert first.stages[0].sources["web"].made is True
    assert first.stages[0].sources["web"].splits > 2
    assert (failed.outcome, failed.stages) == ("failed", [])
    assert "cannot reach this mixture" in failed.error
    assert "\n" not in failed.error
    assert "--budget" in failed.command


def test_logs_are_json_lines_and_hold_no_secret_and_no_host(runs: Runs) -> None:
    for record in read_runs(Lake(str(runs.lake))):
        folder = runs.lake / "runs" / record.id
        log = (folder / "log.jsonl").read_text(encoding="utf-8")
        lines: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines()]
        assert lines[0]["event"] == "run begins"
        assert lines[-1]["event"] == ("run failed" if record.outcome == "failed" else "run done")
        for text in (log, (folder / "run.json").read_text(encoding="utf-8")):
            assert SECRET not in text
            assert os.uname().nodename not in text


def test_metrics_stand_beside_every_manifest(runs: Runs) -> None:
    found = metrics(runs.lake)
    stages = ("ingest", "annotate", "decide", "dedup", "tokenize")
    assert set(found) == {f"{stage}/{source}" for stage in stages for source in ("web", "code")} | {"select/web", "mix"}
    for name, each in found.items():
        assert each.workers.tasks > 0, name
        assert each.workers.cpu_seconds > 0, name
        assert each.workers.peak_memory_bytes > 10 << 20, name
        assert each.spark is not None, name
        assert (each.spark.tasks > 0, each.spark.failed_tasks) == (True, 0), name
        assert each.spark.run_seconds > 0, name
        assert each.driver_peak_memory_bytes["jvm"] > 50 << 20, name
        assert 1 <= len(each.slowest) <= 5, name
        assert each.slowest == sorted(each.slowest, key=lambda task: -task.seconds)
    web = found["ingest/web"]
    size = sum(path.stat().st_size for path in (runs.lake.parent / "web").iterdir())
    assert web.workers.bytes_read >= size
    assert (web.documents_in, web.documents_out, web.own_tasks) == (1001, 1000, True)
    assert all(task.what.endswith(f"/web/{task.number}.jsonl") for task in web.slowest)
    assert web.output_bytes == web.workers.bytes_written
    for together in ("dedup/web", "tokenize/web"):
        assert found[together].own_tasks is False
        spark = found[together].spark
        assert spark is not None
        assert spark.shuffle_write_bytes == 0  # so little is one task's work
    assert {each.run for each in found.values()} <= {record.id for record in read_runs(Lake(str(runs.lake)))}


def test_status_tells_of_all_of_it(runs: Runs) -> None:
    mixdown = Path(sys.executable).parent / "mixdown"
    command = [mixdown, "status", "--lake", str(runs.lake)]
    told = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout)
    assert [run["outcome"] for run in told["runs"]] == ["failed", "done", "done", "done"]
    assert told["mixtures"][0]["is_latest"] is True
    web = {line["stage"]: line for line in told["stages"] if line["source"] == "web"}
    assert list(web) == ["ingest", "annotate", "decide", "dedup", "tokenize", "select"]
    assert (web["ingest"]["documents_in"], web["ingest"]["documents_out"]) == (1001, 1000)
    assert all(line["referenced_by"] for line in told["stages"])
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(r"tokenize +code +\w{24} .* small", table)
    record: RunRecord = read_runs(Lake(str(runs.lake)))[0]
    assert record.id in table

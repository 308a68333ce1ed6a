"""What Spark's own pages and logs tell of credentials: asked of a real session, over its UI."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SECRET = "wJalrXUtnFEMI-of-the-tests"  # pragma: allowlist secret

PROGRAM = """
import json, sys, urllib.request
from pipelines.session import spark_session

secret, events = sys.argv[1:]
given = {
    "spark.ui.enabled": "true",
    "spark.ui.port": "0",
    "spark.eventLog.enabled": "true",
    "spark.eventLog.dir": events,
    "spark.eventLog.compress": "false",
    "spark.executorEnv.AWS_ACCESS_KEY_ID": secret,
    "spark.executorEnv.AWS_SECRET_ACCESS_KEY": secret,
    "spark.executorEnv.AWS_SESSION_TOKEN": secret,
    "spark.hadoop.fs.s3a.access.key": secret,
    "spark.mixdown.endpoint": f"https://anna@example.org/?X-Amz-Credential={secret}",
    "spark.mixdown.harmless": "shown",
}
session = spark_session("local[1]", given)
context = session.sparkContext
context.parallelize([1], 1).map(str).collect()
pages = []
for path in (f"api/v1/applications/{context.applicationId}/environment", "environment/"):
    with urllib.request.urlopen(f"{context.uiWebUrl}/{path}", timeout=30) as answer:
        pages.append(answer.read().decode())
session.stop()
print(json.dumps(pages))
"""


@pytest.mark.slow
def test_credentials_are_hidden_in_sparks_ui_and_event_log(tmp_path: Path) -> None:
    environment = os.environ | {"AWS_SECRET_ACCESS_KEY": SECRET}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, SECRET, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    pages = json.loads(done.stdout)
    answer, page = pages
    assert "spark.executorEnv.AWS_SECRET_ACCESS_KEY" in answer
    assert "shown" in answer
    assert SECRET not in answer
    assert SECRET not in page
    events = "".join(
        path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".crc"
    )
    assert "spark.mixdown.harmless" in events
    assert SECRET not in events
    assert SECRET not in done.stderr

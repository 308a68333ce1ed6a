"""The demo as a service, all real processes on loopback: `python -m tests.services.demo`, or `make demo-cluster`.

SeaweedFS holds the lake, a Spark master and two workers do the work, Airflow runs the DAG; the run's stages and the
mixture's table are printed, the shards are audited, and everything ends.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mixer.manifest import MixtureManifest
from pipelines.commands.options import out
from pipelines.previews.table import table_of
from pipelines.stages import STAGE_NAMES
from tests.audit import audit
from tests.services.airflow import DAG, ENDED, ENVIRONMENT, POLL_SECONDS, Airflow, airflow, is_installed
from tests.services.seaweed import BUCKET, ObjectStore, seaweed
from tests.services.spark_cluster import cluster

LAKE = f"s3://{BUCKET}/lake"
RUN = "demo"


def main() -> None:
    """Start everything, run the demo recipe, say what became of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--code-ratio", type=float, default=0.5)
    asked = parser.parse_args()
    if not is_installed():
        raise SystemExit(f"no Airflow in {ENVIRONMENT}: run `make airflow`")
    with tempfile.TemporaryDirectory(prefix="mixdown-demo-") as name:
        folder = Path(name)
        with seaweed(folder / "store") as store:
            print(f"object store  {store.endpoint}, SeaweedFS", flush=True)
            environment = dict(os.environ) | store.settings()
            with cluster(_made(folder / "spark"), 2, environment) as spark:
                print(f"cluster       {spark.master}, two workers", flush=True)
                settings = store.settings() | {"MIXDOWN_LAKES": LAKE, "MIXDOWN_SCHEDULE": "none"}
                with airflow(folder / "airflow", spark.master, settings) as service:
                    print(f"Airflow       {service.address.removesuffix('/api/v2')}", flush=True)
                    run_demo(service, asked.code_ratio)
            show_mixture(store, folder / "mixture")


def run_demo(service: Airflow, code_ratio: float) -> None:
    """Trigger the DAG and print a line a stage; SystemExit with the end of the log of a stage that failed."""
    service.patch(f"dags/{DAG}", {"is_paused": False})
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = (moment.isoformat() for moment in (midnight - timedelta(days=1), midnight))
    print(f"\nrun of {start} to {end}, lake {LAKE}", flush=True)
    service.trigger(RUN, start, end, {"code_ratio": code_ratio})
    for stage in STAGE_NAMES:
        while (state := service.states(RUN).get(stage)) not in (*ENDED, "upstream_failed"):
            time.sleep(POLL_SECONDS)
        if state != "success":
            raise SystemExit(f"{stage} {state}:\n" + "\n".join(list(said(service, stage))[-20:]))
        print(next(line for line in reversed(list(said(service, stage))) if line.startswith(f"{stage} ")), flush=True)
    print(f"run {service.ended(RUN)}", flush=True)


def said(service: Airflow, stage: str) -> Iterator[str]:
    """The lines that spark-submit wrote in a stage's task."""
    for line in service.task_log(RUN, stage).splitlines():
        event = json.loads(line).get("event")
        if isinstance(event, str):
            yield event


def show_mixture(store: ObjectStore, folder: Path) -> None:
    """Fetch the mixture, audit its shards without mixdown's code, and print its table."""
    client: Any = store.client()
    prefix = f"{LAKE.removeprefix(f's3://{BUCKET}/')}/mixtures/demo"
    latest = client.get_object(Bucket=BUCKET, Key=f"{prefix}/latest")["Body"].read().decode().strip()
    _made(folder)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{prefix}/{latest}/")
    for entry in (entry for page in pages for entry in page.get("Contents", [])):
        client.download_file(BUCKET, entry["Key"], str(folder / entry["Key"].rsplit("/", 1)[1]))
    audit(folder)
    manifest = MixtureManifest.model_validate_json((folder / "manifest.json").read_bytes())
    out.print(table_of(manifest, f"mixture {manifest.name} {manifest.fingerprint}"))
    print(f"shards: s3://{BUCKET}/{prefix}/{latest}: {len(manifest.files)} files, audited")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()

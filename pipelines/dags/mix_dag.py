"""The schedule: an Airflow 3 DAG that builds a mixture of each data interval, one spark-submit task a stage.

This is the one file that Airflow reads. It needs Airflow with the Spark provider and nothing of mixdown, so that it may
be copied into any DAG folder; spark-submit finds mixdown by its own Python. docs/schedule.md tells how to set it up.
"""

import json
import logging
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG, BaseHook, CronDataIntervalTimetable, Param, chain

STAGES = ("ingest", "annotate", "decide", "dedup", "repeats", "tokenize", "select", "plan", "mix")

# What somebody who triggers a run may write. `$` alone would let a line feed follow.
END = r"$(?!\n)"
RECIPE_PATH = rf"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*\.ya?ml{END}"
TOKENS = rf"^[0-9][0-9_]{{0,30}}(\.[0-9]{{1,12}})?[KMBT]?{END}"
TIME = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(T[0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}})?(Z|[+-][0-9]{{2}}:[0-9]{{2}})?)?{END}"

ALERT_TRIES = 3
ALERT_SECONDS = 10.0

log = logging.getLogger("mixdown.schedule")


class Settings:
    """What a deployment sets, by environment variables of the Airflow processes; docs/schedule.md has the table."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        def value(name: str, default: str) -> str:
            return environment.get(f"MIXDOWN_{name}") or default

        self.home = value("HOME", str(Path(__file__).resolve().parents[2]))
        self.recipes = value("RECIPES", f"{self.home}/recipes").rstrip("/")
        self.recipe = value("RECIPE", "demo.yaml")
        self.lakes = value("LAKES", f"{self.home}/build/lake").split()
        self.schedule = value("SCHEDULE", "@daily")
        self.start = datetime.fromisoformat(value("START", "2026-01-01")).replace(tzinfo=UTC)
        self.retries = int(value("RETRIES", "3"))
        self.retry_delay = timedelta(seconds=float(value("RETRY_SECONDS", "60")))
        self.timeout = timedelta(hours=float(value("STAGE_HOURS", "24")))
        self.spark_connection = value("SPARK_CONNECTION", "spark_default")
        self.alert_connection = value("ALERT_CONNECTION", "")


def parameters(settings: Settings) -> dict[str, Param]:
    """What a run may be triggered with, each with the schema that its value must fulfil."""
    return {
        "recipe": Param(
            settings.recipe, type="string", pattern=RECIPE_PATH, maxLength=200, description="in the folder of recipes"
        ),
        "sources": Param(
            None,
            type=["null", "string"],
            pattern=RECIPE_PATH,
            maxLength=200,
            description="sources file in that folder, in place of the recipe's own sources",
        ),
        "lake": Param(settings.lakes[0], type="string", enum=settings.lakes, description="where stages are published"),
        "code_ratio": Param(
            None, type=["null", "number"], minimum=0, maximum=1, description="share of tokens from code"
        ),
        "budget": Param(None, type=["null", "string"], pattern=TOKENS, description="tokens over all phases: 500M, 10B"),
        "as_of": Param(
            None,
            type=["null", "string"],
            pattern=TIME,
            description="inputs before this time (ISO 8601, UTC) in place of those before the data interval's end",
        ),
    }


def stage_arguments(recipes: str, stage: str, params: dict[str, Any], dag_run: Any) -> list[str]:
    """The arguments of build_mix.py for a stage of a run, with recipes from that folder.

    Each is one text with its option, so that no value is taken for another option; no shell reads them.
    """
    end = dag_run.data_interval_end or dag_run.run_after  # a run without an interval has the time of its trigger
    as_of = params["as_of"] or end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    arguments = [
        f"--recipe={recipes}/{params['recipe']}",
        f"--lake={params['lake']}",
        f"--until={stage}",
        f"--as-of={as_of}",
    ]
    if params["sources"] is not None:
        arguments.append(f"--sources={recipes}/{params['sources']}")
    if params["code_ratio"] is not None:
        arguments.append(f"--code-ratio={params['code_ratio']}")
    if params["budget"] is not None:
        arguments.append(f"--budget={params['budget']}")
    return arguments


def alert(context: Any) -> None:
    """Tell of a task that failed for good: one line of JSON in the log and, where set, to a web address.

    Of the error only its kind: messages may quote what stands in a connection or in an input.
    """
    instance, run = context["ti"], context["dag_run"]
    told = {
        "event": "mixdown_task_failed",
        "dag": instance.dag_id,
        "run": instance.run_id,
        "stage": instance.task_id,
        "try": instance.try_number,
        "interval_end": run.data_interval_end.isoformat() if run.data_interval_end else None,
        "error": type(context.get("exception")).__name__,
        "log": instance.log_url,
    }
    log.error("%s", json.dumps(told))
    connection = Settings().alert_connection
    if connection:
        try:
            _post(connection, told)
        except Exception as error:  # a failed alert must not hide what it tells of
            log.error("%s", json.dumps({"event": "mixdown_alert_failed", "error": type(error).__name__}))


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is a refusal: the bearer token is for one host."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


def _post(connection_id: str, told: dict[str, Any]) -> None:
    """POST to the address of an HTTP connection: `extra.endpoint` is the path, the password a bearer token if any."""
    connection = BaseHook.get_connection(connection_id)
    host = connection.host or ""
    address = host if "://" in host else f"{connection.schema or 'https'}://{host}"
    if not re.match(r"https?://", address):
        raise ValueError("an alert goes to http:// or https://")
    address += f":{connection.port}" if connection.port else ""
    address += connection.extra_dejson.get("endpoint", "")
    text = f"mixdown: {told['stage']} of {told['run']} failed after {told['try']} tries: {told['log']}"
    body = json.dumps({"text": text, **told}).encode()  # `text` is what chat services show
    headers = {"Content-Type": "application/json"}
    if connection.password:
        headers["Authorization"] = f"Bearer {connection.password}"
    request = urllib.request.Request(address, body, headers)  # noqa: S310 - the scheme was looked at
    opener = urllib.request.build_opener(_NoRedirects)
    for number in range(ALERT_TRIES):
        try:
            with opener.open(request, timeout=ALERT_SECONDS):
                return
        except (urllib.error.URLError, TimeoutError) as error:
            refused = isinstance(error, urllib.error.HTTPError) and error.code < 500
            if refused or number + 1 == ALERT_TRIES:
                raise
            time.sleep(2**number)


def mixture_dag(dag_id: str, settings: Settings) -> DAG:
    """The DAG: the stages one after the other, one run at a time, each task tried again with growing pauses."""
    scheduled = settings.schedule.lower() != "none"
    with DAG(
        dag_id,
        # Stated, as a bare cron text means intervals or moments depending on Airflow's configuration.
        schedule=CronDataIntervalTimetable(settings.schedule, timezone="UTC") if scheduled else None,
        start_date=settings.start,
        catchup=False,
        max_active_runs=1,
        params=parameters(settings),
        render_template_as_native_obj=True,  # stage_arguments gives a list
        user_defined_macros={"stage_arguments": partial(stage_arguments, settings.recipes)},
        tags=["mixdown"],
        description="A pretraining mixture of the inputs up to each data interval's end",
        doc_md=DOCUMENTATION,
        default_args={
            "owner": "mixdown",
            "retries": settings.retries,
            "retry_delay": settings.retry_delay,
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(hours=1),
            "execution_timeout": settings.timeout,
            "on_failure_callback": alert,
        },
    ) as dag:
        chain(
            *(
                SparkSubmitOperator(
                    task_id=stage,
                    application=f"{settings.home}/pipelines/build_mix.py",
                    application_args="{{ stage_arguments(task.task_id, params, dag_run) }}",
                    conn_id=settings.spark_connection,
                    name=f"mixdown-{stage}",
                )
                for stage in STAGES
            )
        )
    return dag


DOCUMENTATION = """
Builds a mixture with mixdown. Each task runs `spark-submit pipelines/build_mix.py --until STAGE`; a stage that is
published already does nothing, so any task may be cleared and run again.

A run reads the inputs up to its **data interval's end** (`--as-of`), of sources that say `dated` in the recipe; others
are read whole. So a backfill builds what would have been built then.
"""

mixture_dag("mixdown", Settings())

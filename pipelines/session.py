"""Spark as a run starts it, every setting with its reason."""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pyspark import SparkConf, SparkContext

from pipelines.java import use_java

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SETTINGS = {
    # Tasks are Python at work on files; one task a core keeps memory bounded by the number of cores.
    "spark.task.cpus": "1",
    # Rows that cross the JVM hold tokens, not text; small batches bound a worker's memory when documents are long.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
    "spark.sql.execution.arrow.maxBytesPerBatch": "16m",
    # Adaptive execution splits skewed joins: a page copied 100,000 times must not become one task.
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.skewJoin.enabled": "true",
    # Hidden in the UI, event logs and plans: Spark's own list does not know AWS_ACCESS_KEY_ID or credentials in uris.
    "spark.redaction.regex": r"(?i)secret|password|passwd|token|access[._-]?key|credential|signature|authorization",
    # SQL's tasks have it; the others, told the same, share their Python workers, and kernels are loaded once.
    "spark.executorEnv.SPARK_SIMPLIFIED_TRACEBACK": "1",
    # We report progress ourselves, on one line a stage.
    "spark.ui.showConsoleProgress": "false",
}

LOCAL_SETTINGS = {
    # A laptop without a resolvable host name cannot bind otherwise, and nothing outside needs to reach the driver.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    # The default of 200 costs seconds on a few megabytes.
    "spark.sql.shuffle.partitions": "8",
}


# For small inputs, and for runs whose tasks all work on files: the JVM hands them out and does little that is worth
# compiling well. A build of 5 MB takes 13 of its CPU seconds instead of 31, measured on two cores.
LIGHT_SETTINGS = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}


# Where workers find the packages as this process does: what they load is loaded once, and not once a core.
WORKER_SETTINGS = {"spark.python.daemon.module": "pipelines.worker_daemon"}


class LateSession:
    """The part of a SparkSession that a run asks for; the session itself is made with the first DataFrame.

    Most runs make none, and the JVM takes two CPU seconds to load SQL.
    """

    def __init__(self, context: SparkContext) -> None:
        self.sparkContext = context

    def createDataFrame(self, rows: Sequence[tuple[Any, ...]], schema: str) -> "DataFrame":
        """As Spark's."""
        return session_on(self.sparkContext).createDataFrame(rows, schema)


def spark_session(
    master: str | None = None, settings: dict[str, str] | None = None, light: bool = False
) -> "SparkSession":
    """A session on `spark_context`, for DataFrames."""
    return session_on(spark_context(master, settings, light), settings)


def session_on(context: SparkContext, settings: dict[str, str] | None = None) -> "SparkSession":
    """The session that runs or a new one; what SQL is told holds for one that somebody else started too."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    given = _submitted_settings()
    for name, value in (_defaults(context.master or "") | (settings or {})).items():
        if name not in given:
            builder = builder.config(name, value)
    return builder.getOrCreate()


def spark_context(
    master: str | None = None, settings: dict[str, str] | None = None, light: bool = False
) -> SparkContext:
    """The running context or a new one; spark-submit's master and --conf win over these defaults.

    `light` starts a smaller JVM where the master is local: for small inputs, and a run that only selects and mixes.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if "PYSPARK_GATEWAY_PORT" not in os.environ:  # spark-submit has its JVM already
        use_java()
    submitted = os.environ.get("PYSPARK_SUBMITTED_MASTER") or _submitted_master()
    master = master or submitted or "local[*]"
    defaults = _defaults(master)
    if _is_local(master):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        if submitted is None and os.environ["PYSPARK_PYTHON"] == sys.executable:
            defaults |= WORKER_SETTINGS
        if light:
            defaults |= LIGHT_SETTINGS
    given = _submitted_settings()
    conf = SparkConf().setAppName("mixdown")
    if submitted is None:
        conf.setMaster(master)
    for name, value in (defaults | (settings or {})).items():
        if name not in given:
            conf.set(name, value)
    context = SparkContext.getOrCreate(conf)
    context.setLogLevel(given.get("spark.log.level", "ERROR"))
    return context


def _is_local(master: str) -> bool:
    return master == "local" or master.startswith("local[")


def _defaults(master: str) -> dict[str, str]:
    return SETTINGS | (LOCAL_SETTINGS if _is_local(master) else {})


def _submitted_settings() -> dict[str, str]:
    """What spark-submit was given (`--conf`, `--master`, spark-defaults.conf); empty outside of it."""
    if SparkContext._gateway is None and "PYSPARK_GATEWAY_PORT" not in os.environ:
        return {}
    SparkContext._ensure_initialized()  # connected to spark-submit's JVM; a SparkConf without one is empty
    return dict(SparkConf().getAll())


def _submitted_master() -> str | None:
    return _submitted_settings().get("spark.master")


def require_packages() -> None:
    """Say plainly that the packages are not installed, before a worker says it in a hundred lines."""
    missing = [name for name in ("dedup", "mixer", "pipelines", "quality") if find_spec(name) is None]
    if missing:
        raise SystemExit(f"mixdown is not installed in {sys.executable} (no {', '.join(missing)}): run `make setup`")

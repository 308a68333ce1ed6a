"""What several test packages share: one Spark session, started when the first test asks for it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.services.light_jvm import LIGHT_JVM

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


# The same examples in every run, so that a failure is the change's and not the dice's; and no deadline, for machines
# differ. To search further: `pytest --hypothesis-profile=search`.
settings.register_profile("mixdown", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("mixdown")


def _java_found() -> bool:
    home = os.environ.get("JAVA_HOME")
    return (home is not None and (Path(home) / "bin" / "java").is_file()) or shutil.which("java") is not None


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[SparkSession]":
    """A small local session; tests that change its configuration put it back."""
    if not _java_found():
        pytest.skip("no Java found: install a JRE (17 or later) or set JAVA_HOME")
    # Before the JVM starts: it reads the address once, and machines without a resolvable host name fail here.
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    # Workers take `python3` from the PATH otherwise, which need not be the one with our packages.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession  # here, so that tests without Spark do not pay for the import

    session = (
        SparkSession.builder.appName("mixdown-tests")
        .master("local[2]")  # two tasks at once, so that order between partitions can go wrong
        .config("spark.sql.shuffle.partitions", "4")  # 200 empty tasks a shuffle would be most of the time
        .config("spark.ui.enabled", "false")  # no port, no page that nobody reads
        .config("spark.ui.showConsoleProgress", "false")  # its bars garble pytest's output
        .config("spark.driver.bindAddress", "127.0.0.1")  # nothing listens beyond this machine
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.extraJavaOptions", LIGHT_JVM)
        .config("spark.driver.memory", "1g")  # the default, kept from growing by what the machine has
        .config("spark.sql.session.timeZone", "UTC")  # dates read the same on every machine
        # Not into the checkout, where Spark would leave `spark-warehouse/`.
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")  # localCheckpoint and test-sized joins warn a lot
    yield session
    session.stop()

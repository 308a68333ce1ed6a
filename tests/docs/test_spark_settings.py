"""Spark's settings that the pages name are settings of the Spark that is installed, Kubernetes' and YARN's too."""

import re
import zipfile
from pathlib import Path

import pyspark

from tests.docs.pages import PAGES, read

SETTING = re.compile(r"spark(?:\.[a-zA-Z]+)+")
PREFIXED = ("spark.kubernetes.authenticate.driver", "spark.executorEnv", "spark.yarn.appMasterEnv")
PREFIXED += (
    "spark.kubernetes.driverEnv",
    "spark.kubernetes.driver.secretKeyRef",
    "spark.kubernetes.executor.secretKeyRef",
)


def settings_of_pages() -> set[str]:
    found = {name for page in PAGES for name in SETTING.findall(read(page))}
    found -= {name for name in found if name.endswith((".py", ".md", ".Dockerfile"))}
    return {next((prefix for prefix in PREFIXED if name.startswith(prefix + ".")), name) for name in found}


def test_every_setting_is_one_of_spark() -> None:
    jars = (Path(pyspark.__file__).parent / "jars").glob("spark-*.jar")
    missing = {name: name.encode() for name in settings_of_pages()}
    assert len(missing) > 15
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            for entry in archive.namelist():
                if missing and entry.endswith(".class"):
                    data = archive.read(entry)
                    if b"spark." in data:
                        missing = {name: text for name, text in missing.items() if text not in data}
    assert not missing

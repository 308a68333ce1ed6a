"""The packages as a zip: the same bytes each time, importable, and all that a cluster's Python needs of ours."""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from pipelines.package_zip import PACKAGES, ROOT, package_zip
from tests.faults import job, lakes
from tests.faults.recipe import recipe, write_inputs
from tests.services.seaweed import BUCKET, seaweed
from tests.services.spark_cluster import cluster


def python_without_mixdown(folder: Path) -> str:
    """A Python that has everything of this environment but mixdown: what is listed in a .pth is no place for others."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return str(folder / "bin" / "python")


def environment_without_mixdown(folder: Path) -> dict[str, str]:
    """The environment of a process that finds mixdown nowhere; compiled kernels go into `folder`."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return own | {"NUMBA_CACHE_DIR": str(folder)}


def take_kernels(zip_path: Path, folder: Path) -> None:
    """What was compiled from this checkout is what the zip's files would be compiled to: it saves minutes."""
    digest = hashlib.sha256(zip_path.read_bytes()).hexdigest()[:24]
    for package in PACKAGES:
        for cached in (ROOT / package).rglob("__pycache__/*.nb[ic]"):
            place = folder / f"mixdown-{digest}" / cached.parent.parent.relative_to(ROOT)
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(cached, place)


def test_it_has_the_same_bytes_each_time_and_every_file(tmp_path: Path) -> None:
    digests = {package_zip(str(tmp_path / name)) for name in ("a.zip", "b.zip")}
    assert len(digests) == 1
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = set(archive.namelist())
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    packages = {path.relative_to(ROOT).as_posix() for name in PACKAGES for path in (ROOT / name).rglob("*.py")}
    assert packages <= names
    assert {"quality/tables.npz", "quality/boilerplate/phrases.yaml", "quality/permissive_licenses.txt"} <= names
    assert not [name for name in names if "__pycache__" in name]
    (found,) = metadata.Distribution.discover(path=[str(tmp_path / "a.zip")])
    assert found.version == metadata.version("mixdown")


def test_kernels_are_kept_by_what_the_zip_holds(tmp_path: Path) -> None:
    package_zip(str(tmp_path / "mixdown.zip"))
    python = python_without_mixdown(tmp_path / "python")
    code = (
        "import numpy as np, mixer.best_fit as it; it.pack(np.array([3, 2]), 4); "
        "print(it.__file__, sum(it._sort_remainders.stats.cache_hits.values()))"
    )
    for application in ("first", "second"):  # as Spark does, each has the zip at another place
        place = tmp_path / application / "mixdown.zip"
        place.parent.mkdir()
        place.write_bytes((tmp_path / "mixdown.zip").read_bytes())
        environment = environment_without_mixdown(tmp_path / "kernels") | {"PYTHONPATH": str(place)}
        done = subprocess.run(
            [python, "-c", code], env=environment, capture_output=True, text=True, cwd="/", check=False
        )
        assert done.returncode == 0, done.stderr
        file, hits = done.stdout.split()
        assert file == str(place / "mixer" / "best_fit.py")
        assert int(hits) == (application == "second")
    assert len(list((tmp_path / "kernels").iterdir())) == 1


@pytest.mark.slow
def test_a_cluster_without_mixdown_writes_the_bytes_of_a_laptop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every kind of work, from ingest (a web archive, pull requests, foreign programs in the sandbox) to the shards."""
    package_zip(str(tmp_path / "mixdown.zip"))
    take_kernels(tmp_path / "mixdown.zip", tmp_path / "kernels")
    python = python_without_mixdown(tmp_path / "python")
    write_inputs(tmp_path / "inputs")
    made = recipe(tmp_path / "inputs", "whole")
    laptop = tmp_path / "laptop"
    run = job.start(tmp_path / "laptop.log", "local[2]", ["--recipe", str(made), "--lake", str(laptop)])
    assert run.wait() == 0, run.text()[-3000:]
    (tmp_path / "store").mkdir()
    environment = environment_without_mixdown(tmp_path / "kernels")
    with seaweed(tmp_path / "store") as store:
        for name, value in store.settings().items():
            monkeypatch.setenv(name, value)
        environment |= store.settings()
        monkeypatch.delenv("PYTHONPATH", raising=False)
        with cluster(tmp_path, environment=environment) as started:
            uri = f"s3://{BUCKET}/lake"
            run = job.start(
                tmp_path / "cluster.out",
                started.master,
                ["--recipe", str(made), "--lake", uri],
                environment=environment,
                python=python,
                py_files=tmp_path / "mixdown.zip",
            )
            assert run.wait() == 0, run.text()[-3000:]
        assert lakes.contents(uri) == lakes.contents(str(laptop))
    assert len(list((tmp_path / "kernels").iterdir())) == 1

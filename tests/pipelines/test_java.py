import os
import stat
from pathlib import Path

import pytest

from pipelines import java


def fake_java(folder: Path, version: str) -> Path:
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025' >&2\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return path


def test_java_home_comes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, on_path = fake_java(tmp_path / "home", "21.0.1"), fake_java(tmp_path / "path", "17.0.9")
    monkeypatch.setenv("PATH", str(on_path.parent), prepend=os.pathsep)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert java.find_java() == home
    monkeypatch.delenv("JAVA_HOME")
    assert java.find_java() == on_path


def test_an_old_java_home_is_refused_for_spark_would_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path / "home", "11.0.2")
    on_path = fake_java(tmp_path / "path", "25")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(on_path.parent), prepend=os.pathsep)
    assert java.java_version(tmp_path / "home" / "bin" / "java") == 11
    assert java.find_java() is None
    with pytest.raises(SystemExit, match="holds no Java 17 or newer, and Spark would use it: unset it"):
        java.main()


def test_what_does_not_run_has_no_version(tmp_path: Path) -> None:
    assert java.java_version(tmp_path / "missing") is None


def test_the_launcher_drops_the_flag_that_the_small_jre_lacks(tmp_path: Path) -> None:
    import subprocess

    launcher = tmp_path / "java"
    launcher.write_text(java.LAUNCHER.format(home=tmp_path, java="/usr/bin/printf"))
    launcher.chmod(0o755)
    arguments = ["%s|", "a b", "--add-modules=jdk.incubator.vector", "$(touch x)", "-version"]
    answer = subprocess.run([launcher, *arguments], capture_output=True, text=True, check=True)
    assert answer.stdout == "a b|$(touch x)|-version|"

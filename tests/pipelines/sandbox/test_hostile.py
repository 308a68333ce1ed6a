"""Every program in `hostile/` gets the verdict that its first lines name, and leaves nothing behind."""

import os
import re
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.sandbox.execute import LAUNCHER, SandboxError, execute
from pipelines.sandbox.inside import launch
from pipelines.sandbox.isolation import isolation_for
from pipelines.sandbox.limits import Finding, Limits, Program

PROGRAMS = sorted((Path(__file__).parent / "hostile").glob("*.py"))
TESTS = "assert solve(1) == 2\nassert abs(solve(2) - 3) < 1e-6\n"
ISOLATIONS = ("namespaces", "landlock")
SECRET = "the secret\n"


class Host(NamedTuple):
    """What a program tries to reach."""

    outside: Path  # a folder that everybody may write to
    temporary: Path  # where the sandbox makes its own folders
    tcp: socket.socket
    udp: socket.socket
    stream: socket.socket
    datagrams: socket.socket


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        folder = Path(name)
        outside, temporary = folder / "outside", folder / "temporary"
        for made in (outside, temporary):
            made.mkdir()
            made.chmod(0o777)
        folder.chmod(0o755)
        (outside / "secret").write_text(SECRET)
        (outside / "secret").chmod(0o666)
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        monkeypatch.setenv("MIXDOWN_TEST_SECRET", "secret")
        with (
            socket.socket() as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_UNIX) as stream,
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams,
        ):
            tcp.bind(("127.0.0.1", 0))
            udp.bind(("127.0.0.1", 0))
            stream.bind(str(outside / "socket"))
            datagrams.bind(str(outside / "datagrams"))
            for path in ("socket", "datagrams"):
                (outside / path).chmod(0o777)
            for listening in (tcp, stream):
                listening.listen()
            for each in (tcp, udp, stream, datagrams):
                each.setblocking(False)
            yield Host(outside, temporary, tcp, udp, stream, datagrams)


def needs(isolation: str) -> None:
    try:
        isolation_for(isolation)
    except SandboxError as error:
        pytest.skip(f"this machine allows no {isolation}: {error}")


def named(text: str, name: str, default: str) -> str:
    """What a comment `# name: ...` at the head of a program says."""
    found = re.search(rf"^# {name}: (.*)$", text, re.MULTILINE)
    return found[1] if found else default


def run(path: Path, host: Host, isolation: str) -> Finding:
    text = path.read_text()
    filled = (
        text.replace("@OUTSIDE@", str(host.outside))
        .replace("@HOME@", str(Path.home()))
        .replace("@SANDBOX@", str(launch.__file__))
        .replace("@PARENT@", str(os.getpid()))
        .replace("@TCP@", str(host.tcp.getsockname()[1]))
        .replace("@UDP@", str(host.udp.getsockname()[1]))
    )
    limits = Limits(cpu_seconds=1, wall_seconds=float(named(text, "wall_seconds", "60")), memory_bytes=256 << 20)
    return execute(Program(filled, named(text, "tests", TESTS)), limits, isolation)


def left_processes(temporary: Path) -> list[str]:
    """Processes of runs of the sandbox whose folders are in `temporary`."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if f"{LAUNCHER}\0" in (command := (folder / "cmdline").read_text()) and str(temporary) in command:
                    found.append(folder.name)
            except OSError:
                continue
    return found


def nothing_arrived(listening: socket.socket) -> bool:
    try:
        if listening.type == socket.SOCK_STREAM:
            listening.accept()
        else:
            listening.recv(10)
    except BlockingIOError:
        return True
    return False


def runs() -> Iterator[Any]:
    """Every program in every isolation; slow are those by Landlock that want nothing of the host's."""
    for isolation in ISOLATIONS:
        for path in PROGRAMS:
            text = path.read_text()
            quick = isolation == "namespaces" or "@" in text or "# landlock" in text
            marks = () if quick else pytest.mark.slow
            yield pytest.param(path, isolation, id=f"{path.stem}-{isolation}", marks=marks)


@pytest.mark.parametrize(("path", "isolation"), list(runs()))
def test_hostile_program(path: Path, isolation: str, host: Host) -> None:
    needs(isolation)
    text = path.read_text()
    finding = run(path, host, isolation)
    expected = named(text, isolation, named(text, "verdict", ""))
    assert finding.verdict == expected, finding
    assert left_processes(host.temporary) == []
    assert list(host.temporary.iterdir()) == []
    assert sorted(entry.name for entry in host.outside.iterdir()) == ["datagrams", "secret", "socket"]
    assert (host.outside / "secret").read_text() == SECRET
    assert stat.S_IMODE((host.outside / "secret").stat().st_mode) == 0o666
    assert all(map(nothing_arrived, (host.tcp, host.udp, host.stream, host.datagrams)))


def test_there_are_programs() -> None:
    assert len(PROGRAMS) > 70

"""Which isolation is chosen where a machine forbids some, and what is left of a run whose parent is killed."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.sandbox.execute import execute
from pipelines.sandbox.inside import kernel, seccomp
from pipelines.sandbox.inside.landlock import CREATE_RULESET
from pipelines.sandbox.inside.seccomp import ALLOW, EPERM, EQUAL, ERRNO, LOAD, RETURN
from pipelines.sandbox.inside.system_calls import MACHINES
from pipelines.sandbox.isolation import isolation_for
from pipelines.sandbox.limits import Limits, Program
from tests.pipelines.sandbox.test_hostile import left_processes, needs

CAP_SYS_ADMIN = 21

GOOD = Program("def f():\n    return 1\n", "assert f() == 1")


def in_child(work: Callable[[], str]) -> str:
    """What `work` returns in a process that may confine itself, or the error that it raises."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            answer = work()
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        answer = file.read().decode()
    os.waitpid(child, 0)
    return answer


def refuse(*calls: int) -> None:
    """From here on these system calls fail, as in a container."""
    tests = [step for call in calls for step in ((EQUAL, 0, 1, call), (RETURN, 0, 0, ERRNO | EPERM))]
    seccomp.install([(LOAD, 0, 0, 0), *tests, (RETURN, 0, 0, ALLOW)])


def number_of(name: str) -> int:
    return MACHINES[os.uname().machine]().forbidden[name]


def test_landlock_is_taken_where_namespaces_are_refused() -> None:
    needs("landlock")

    def work() -> str:
        isolation_for.cache_clear()
        refuse(number_of("unshare"))
        chosen = isolation_for("auto")
        return f"{chosen} {execute(GOOD, Limits(), chosen).verdict}"

    assert in_child(work) == "landlock passed"


def test_nothing_is_run_where_both_are_refused() -> None:
    def work() -> str:
        isolation_for.cache_clear()
        refuse(number_of("unshare"), CREATE_RULESET)
        return isolation_for("auto")

    answer = in_child(work)
    assert answer.startswith("SandboxError: no program can be run safely on Linux")
    assert "namespaces: " in answer
    assert "landlock: " in answer
    assert "limits_only" in answer


def test_an_isolation_that_is_asked_for_is_not_replaced() -> None:
    def work() -> str:
        isolation_for.cache_clear()
        refuse(number_of("unshare"))
        return isolation_for("namespaces")

    assert in_child(work).startswith("SandboxError: ")


def test_nothing_is_run_where_calls_cannot_be_filtered() -> None:
    def work() -> str:
        isolation_for.cache_clear()
        prctl = MACHINES[os.uname().machine]().inspected["prctl"]
        arguments = [(LOAD, 0, 0, 16), (EQUAL, 0, 1, seccomp.PR_SET_SECCOMP), (RETURN, 0, 0, ERRNO | EPERM)]
        body = [*arguments, (RETURN, 0, 0, ALLOW)]
        seccomp.install([(LOAD, 0, 0, 0), (EQUAL, 0, len(body), prctl), *body, (RETURN, 0, 0, ALLOW)])
        return isolation_for("auto")

    assert in_child(work).startswith("SandboxError: ")


def drop_right_to_administrate() -> None:
    """Root as containers have it: with several capabilities, and without that for namespaces."""
    header, held = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    kernel.check(kernel.libc.capget(header, held), "capget")
    for word in (0, 1):  # effective, permitted
        held[word] &= ~(1 << CAP_SYS_ADMIN)
    kernel.check(kernel.libc.capset(header, held), "capset")


@pytest.mark.skipif(os.getuid() != 0, reason="only root has rights to give up")
@pytest.mark.parametrize(
    ("drop", "isolation"),
    [(drop_right_to_administrate, "namespaces"), (kernel.drop_capabilities, "landlock")],
    ids=["some", "all"],
)
def test_root_without_rights_as_in_a_container(drop: Callable[[], None], isolation: str) -> None:
    needs(isolation)

    def work() -> str:
        isolation_for.cache_clear()
        drop()
        return execute(GOOD, Limits(), isolation_for(isolation)).verdict

    assert in_child(work) == "passed"


def test_without_isolation_the_network_and_processes_are_refused_all_the_same() -> None:
    for call in ("socket.socket()", "os.fork()"):
        program = Program(f"import os, socket\ndef f():\n    {call}\n    return 1\n", "assert f() == 1")
        assert execute(program, Limits(), isolation_for("limits_only")).verdict == "forbidden"


@pytest.mark.parametrize("isolation", ["namespaces", "landlock"])
def test_nothing_runs_on_when_the_parent_is_killed(isolation: str, tmp_path: Path) -> None:
    needs(isolation)
    code = (
        "from pipelines.sandbox.execute import execute\nfrom pipelines.sandbox.limits import Limits, Program\n"
        "import tempfile\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        f"execute(Program('import time\\ntime.sleep(1000)', 'f()'), Limits(), {isolation!r})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    while len(left_processes(tmp_path)) < 3:  # launcher, judge, solution
        time.sleep(0.01)
        assert process.poll() is None
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 20
    while left_processes(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left_processes(tmp_path) == []

"""What the sandbox starts, in a `python -S -s -P` with a descriptor's number, a folder and the work on standard input.

Three processes: this one, which only waits; its child, the judge; and the judge's child, the solution. Written to the
descriptor: the judge's process id as 8 bytes, then the verdict as one message. The input holds three messages: the
setup, the program (read before the solution's process is made) and the tests (read after, so that it never has them).
The folder is named for people who look at processes.
"""

import os

from pipelines.sandbox.inside import channel, kernel, wire
from pipelines.sandbox.inside.confine import Setup, confine_process, enter_namespaces, limit_process, others_can_read
from pipelines.sandbox.inside.judge import judge, verdict_of_signal
from pipelines.sandbox.inside.solution import run

SIGKILL = 9


def main(result: int) -> None:
    """Waits for the judge, ends whatever it left, and tells how it ended where it could not say so itself."""
    setup = Setup(**wire.decode(channel.receive(0)))
    program = wire.decode(channel.receive(0))
    kernel.prctl(kernel.PR_SET_PDEATHSIG, SIGKILL)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    if setup.isolation == "namespaces":
        has_nobody = enter_namespaces(setup)
    else:
        has_nobody = others_can_read(setup.readable)
        os.chdir(setup.folder)
    waits, announced = os.pipe()
    judge_pid = os.fork()
    if judge_pid == 0:
        os.close(announced)
        os.read(waits, 1)  # until the other end is closed: its id comes before its verdict
        os.close(waits)
        _as_judge(setup, has_nobody, program, result)
    os.setpgid(judge_pid, judge_pid)
    channel.write_all(result, judge_pid.to_bytes(8, "big"))
    os.close(announced)
    _, status, usage = os.wait4(judge_pid, 0)
    _end_all(judge_pid)
    if os.WIFSIGNALED(status):
        finding = verdict_of_signal(os.WTERMSIG(status), usage.ru_utime + usage.ru_stime)
        channel.send(result, wire.encode(finding))


def _end_all(group: int) -> None:
    """Ends and collects every process of the judge's group, and what else came to this one."""
    try:  # noqa: SIM105 - importing contextlib costs more than the try
        os.killpg(group, SIGKILL)
    except ProcessLookupError:  # the usual case: with the judge, the first of its namespace, all of it went
        pass
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def _as_judge(setup: Setup, has_nobody: bool, program: str, result: int) -> None:
    confine_process(setup, has_nobody)
    solution_reads, judge_writes = os.pipe()
    judge_reads, solution_writes = os.pipe()
    judge_pid = os.getpid()
    solution_pid = os.fork()
    if solution_pid == 0:
        os.dup2(1, 0)  # standard output is the null device, opened for both
        os.close(result)
        os.close(judge_reads)
        os.close(judge_writes)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, SIGKILL)
        if os.getppid() == judge_pid:
            limit_process(setup)
            os.dup2(1, 2)
            _as_solution(program, solution_reads, solution_writes)
        os._exit(0)
    os.close(solution_reads)
    os.close(solution_writes)
    limit_process(setup)
    os.dup2(1, 2)
    tests, entry_point = wire.decode(channel.receive(0))
    finding = judge(judge_reads, judge_writes, solution_pid, tests, entry_point)
    channel.send(result, wire.encode(finding))
    os._exit(0)


def _as_solution(program: str, reading: int, writing: int) -> None:
    try:
        run(program, reading, writing)
    except (channel.Closed, channel.Spoiled):
        os._exit(0)

"""Programs that a model wrote, run against their tests in the sandbox."""

from pipelines.sandbox.execute import execute
from pipelines.sandbox.isolation import isolation_for
from pipelines.sandbox.limits import PASSED, Limits, Program
from trainer.evaluation.answering import Ran, RunProgram


def program_runner(isolation: str, limits: Limits | None = None) -> RunProgram:
    """What runs a program and says whether it passed; SandboxError where `isolation` cannot be had here."""
    confined = isolation_for(isolation)
    bounds = Limits() if limits is None else limits

    def run(solution: str, tests: str, entry_point: str) -> Ran:
        if "\0" in solution:
            return Ran(False, "syntax_error", "a null character")
        finding = execute(Program(solution, tests, entry_point), bounds, confined)
        return Ran(finding.verdict == PASSED, finding.verdict, finding.detail)

    return run

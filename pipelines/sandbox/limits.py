"""How much a solution may use, and what can become of it."""

from dataclasses import dataclass

PASSED = "passed"
VERDICTS = (PASSED, "tests_failed", "timeout", "memory", "crashed", "forbidden", "no_tests", "syntax_error")


@dataclass(frozen=True)
class Limits:
    """Of the program, and again of its tests, which run in a process of their own; sizes in bytes."""

    cpu_seconds: int = 5
    wall_seconds: float = 60.0  # of both together, waiting included
    memory_bytes: int = 512 << 20  # of address space
    file_bytes: int = 16 << 20  # of one file
    scratch_bytes: int = 16 << 20  # of all files
    open_files: int = 64


@dataclass(frozen=True)
class Program:
    """A solution with its tests, as source texts of Python.

    `entry_point` names what is tested; empty: what the tests call tells.
    """

    solution: str
    tests: str
    entry_point: str = ""


@dataclass(frozen=True)
class Finding:
    """One of VERDICTS, and in a few words why."""

    verdict: str
    detail: str = ""

"""What a recipe may set for problems with solutions, and where each known shape of them keeps its fields."""

from typing import Literal, NamedTuple

from pydantic import Field

from pipelines.sandbox.isolation import Isolation
from pipelines.sandbox.limits import Limits
from pipelines.source import SourceOptions

Preset = Literal["generated", "humaneval", "mbpp"]


class Shape(NamedTuple):
    """The fields of a file of problems; of several names the first that an object has is read."""

    problem: tuple[str, ...]
    prompt: tuple[str, ...]
    solution: tuple[str, ...]
    tests: tuple[str, ...]
    entry_point: tuple[str, ...]
    teacher: tuple[str, ...]
    before_tests: tuple[str, ...] = ()  # every one that there is: imports and helpers of the tests
    continues_prompt: bool = False  # the solution goes on where the prompt, which is code, ends
    calls_check: bool = False  # the tests define `check`, and somebody has to call it


SHAPES: dict[str, Shape] = {
    # What `mixdown generate` writes, and problems of one's own.
    "generated": Shape(
        problem=("problem", "task_id", "id"),
        prompt=("prompt", "text"),
        solution=("completion", "solution", "completions"),
        tests=("tests", "test_list", "test"),
        entry_point=("entry_point",),
        teacher=("model", "teacher"),
    ),
    # Chen et al. 2021, openai/human-eval
    "humaneval": Shape(
        problem=("task_id",),
        prompt=("prompt",),
        solution=("canonical_solution", "completion"),
        tests=("test",),
        entry_point=("entry_point",),
        teacher=(),
        continues_prompt=True,
        calls_check=True,
    ),
    # Austin et al. 2021, google-research/mbpp; `prompt` and `test_imports` are those of its sanitized part
    "mbpp": Shape(
        problem=("task_id",),
        prompt=("text", "prompt"),
        solution=("code",),
        tests=("test_list",),
        entry_point=(),
        teacher=(),
        before_tests=("test_setup_code", "test_imports"),
    ),
}


class ProblemOptions(SourceOptions):
    """Which fields of an object are read."""

    preset: Preset = Field("generated", description="The shape of the file, which gives the fields not named here.")
    problem_field: str | None = Field(None, description="The field with the problem's name.")
    prompt_field: str | None = Field(None, description="The field with the statement.")
    solution_field: str | None = Field(None, description="The field with the solution, or a list of several.")
    tests_field: str | None = Field(None, description="The field with the tests, a text or a list of lines.")
    entry_point_field: str | None = Field(None, description="The field with the name of what is tested.")
    teacher_field: str | None = Field(None, description="The field with the name of who wrote the solution.")
    max_line_bytes: int = Field(4 << 20, ge=1, description="Longer lines, uncompressed, are quarantined.")

    def shape(self) -> Shape:
        """The preset's fields, and in their place those that were named."""
        shape = SHAPES[self.preset]

        def named(field: str | None, others: tuple[str, ...]) -> tuple[str, ...]:
            return others if field is None else (field,)

        return shape._replace(
            problem=named(self.problem_field, shape.problem),
            prompt=named(self.prompt_field, shape.prompt),
            solution=named(self.solution_field, shape.solution),
            tests=named(self.tests_field, shape.tests),
            entry_point=named(self.entry_point_field, shape.entry_point),
            teacher=named(self.teacher_field, shape.teacher),
        )


class SyntheticCodeOptions(ProblemOptions):
    """What a recipe may set."""

    language: Literal["Python"] = Field("Python", description="Of the solutions.")
    teacher: str | None = Field(None, description="Who wrote the solutions, where no field says so.")
    license: str | None = Field(None, description="The licence of the documents, an SPDX expression.")
    statement: Literal["docstring", "comment", "none"] = Field(
        "docstring", description="How the statement stands before a solution."
    )
    include_tests: bool = Field(False, description="Whether the tests follow the solution.")
    isolation: Isolation = Field("auto", description="How programs are kept from the machine.")
    max_cpu_seconds: int = Field(5, ge=1, le=600, description="Of a solution, and of its tests.")
    max_wall_seconds: float = Field(60.0, gt=0, le=3600, description="Of both together, waiting included.")
    max_memory_bytes: int = Field(512 << 20, ge=64 << 20, description="Of address space, each.")

    def limits(self) -> Limits:
        """What a program may use."""
        return Limits(
            cpu_seconds=self.max_cpu_seconds,
            wall_seconds=self.max_wall_seconds,
            memory_bytes=self.max_memory_bytes,
        )

"""Source kind `synthetic_code`: solutions of programming problems, of which those are documents that pass their tests.

Every solution is run against the tests in the sandbox (`pipelines/sandbox`), also where a file says that it passed.
"""

from collections.abc import Callable, Iterator

from pipelines.document import Document, Quarantined, Record, Rejected
from pipelines.readers.jsonl import Line, lines_of, splits_of
from pipelines.readers.synthetic.options import Shape, SyntheticCodeOptions
from pipelines.readers.synthetic.problems import (
    Problem,
    UnreadableProblem,
    is_unicode,
    problem_of,
    prompt_sha256,
    solutions_of,
)
from pipelines.readers.synthetic.program_text import program_text, with_tests
from pipelines.sandbox.execute import execute
from pipelines.sandbox.isolation import isolation_for
from pipelines.sandbox.limits import PASSED, Finding, Program
from pipelines.source import SourceKind, Split

FORMAT = "file"
SPLIT_BYTES = 512 << 10  # some 500 programs of 0.1 s each; a program that runs into its limit takes longer
KEPT_FIELDS = ("template_sha256", "settings_sha256", "sample")  # of what `mixdown generate` writes
MAX_KEPT_CHARS = 300

Judge = Callable[[Program], Finding]


def splits(uri: str, options: SyntheticCodeOptions) -> list[Split]:
    """Byte ranges of plain files, and each compressed file; SandboxError where nothing could be run."""
    found = splits_of(uri, SPLIT_BYTES)
    isolation_for(options.isolation)
    return found


def read(split: Split, options: SyntheticCodeOptions) -> Iterator[Record]:
    """One record for every solution, or for a line that has none; SandboxError where nothing can be run."""
    isolation = isolation_for(options.isolation)
    limits = options.limits()
    yield from records_of_split(split, options, lambda program: execute(program, limits, isolation))


def records_of(uri: str, options: SyntheticCodeOptions, judge: Judge) -> Iterator[Record]:
    """The records of all of an input, with `judge` in the sandbox's place."""
    for split in splits_of(uri, SPLIT_BYTES):
        yield from records_of_split(split, options, judge)


def records_of_split(split: Split, options: SyntheticCodeOptions, judge: Judge) -> Iterator[Record]:
    """The records of a split; `judge` says what a program is worth."""
    shape = options.shape()
    for line in lines_of(split, options.max_line_bytes):
        if isinstance(line, Quarantined):
            yield line
            continue
        try:
            problem = problem_of(line, shape)
        except UnreadableProblem as error:
            yield error.refusal
            continue
        yield from _records(line, problem, shape, options, judge)


def _records(
    line: Line, problem: Problem, shape: Shape, options: SyntheticCodeOptions, judge: Judge
) -> Iterator[Record]:
    for number, (reference, solution) in enumerate(solutions_of(line, problem, shape)):
        if isinstance(solution, Quarantined):
            yield solution
        elif not solution.strip():
            yield Rejected(reference, "empty_solution")
        else:
            text = program_text(problem, solution, shape, options)
            finding = judge(Program(text, problem.tests, problem.entry_point))
            if finding.verdict == PASSED:
                yield _document(problem, text, number, options)
            else:
                yield Rejected(reference, finding.verdict)


def _document(problem: Problem, text: str, number: int, options: SyntheticCodeOptions) -> Document:
    kept = {
        name: value
        for name in KEPT_FIELDS
        if isinstance(value := problem.value.get(name), str | int) and _fits(str(value))
    }
    metadata: dict[str, object] = {
        **kept,
        "problem": problem.name,
        "prompt_sha256": prompt_sha256(problem.prompt),
        "solution": number,
        "teacher": problem.teacher or options.teacher,
        "verdict": PASSED,
    }
    return Document(
        text=with_tests(text, problem) if options.include_tests else text,
        format=FORMAT,
        license=options.license,
        language_hint=options.language,
        metadata={name: value for name, value in metadata.items() if value is not None},
    )


def _fits(text: str) -> bool:
    return len(text) <= MAX_KEPT_CHARS and is_unicode(text)


SOURCE = SourceKind(
    name="synthetic_code",
    group="code",
    options=SyntheticCodeOptions,
    splits=splits,
    read=read,
    code_like=True,
    lists_files=True,
)

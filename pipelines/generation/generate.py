"""Asks a teacher for solutions of problems, sample by sample, and appends what it answers to a file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from pipelines.document import Quarantined
from pipelines.generation.answer_file import AnswerFile, Key
from pipelines.generation.endpoint import Answer, Endpoint, NoAnswer, RequestsSpent
from pipelines.generation.prompting import message_for, program_in
from pipelines.generation.settings import TeacherSettings
from pipelines.readers.jsonl import lines_of, splits_of
from pipelines.readers.synthetic.options import ProblemOptions
from pipelines.readers.synthetic.problems import Problem, UnreadableProblem, prompt_sha256
from pipelines.readers.synthetic.problems import problem_of as read_problem
from pipelines.sandbox.limits import Finding, Program

Verify = Callable[[Program], Finding]


class Asked(NamedTuple):
    """What a run did, in samples."""

    answered: int
    had_already: int
    failed: list[str]  # why, one each
    unreadable: int  # lines that are no problem
    spent: bool  # whether it ended because no more requests were allowed
    verdicts: dict[str, int]


def problems_at(uri: str, options: ProblemOptions) -> Iterator[Problem | Quarantined]:
    """Every problem of the files at `uri`; what is none comes as Quarantined."""
    shape = options.shape()
    for split in splits_of(uri):
        for line in lines_of(split, options.max_line_bytes):
            if isinstance(line, Quarantined):
                yield line
                continue
            try:
                yield read_problem(line, shape)
            except UnreadableProblem as error:
                yield error.refusal


def generate(
    problems: Iterator[Problem | Quarantined],
    settings: TeacherSettings,
    endpoint: Endpoint,
    samples: int,
    output: Path,
    verify: Verify | None = None,
    each: Callable[[str], None] = lambda _: None,
) -> Asked:
    """Asks for what `output` does not have yet; `each` hears a line an answer."""
    answered = had_already = unreadable = 0
    failed: list[str] = []
    verdicts: dict[str, int] = {}
    with AnswerFile(output) as answers:
        for problem in problems:
            if isinstance(problem, Quarantined):
                unreadable += 1
                each(f"{problem.reference}: {problem.reason}: {problem.detail}")
                continue
            for sample in range(samples):
                key = _key(problem, sample, settings)
                if key in answers.keys:
                    had_already += 1
                    continue
                try:
                    message = message_for(problem, settings.template)
                    seed = settings.seed_of(problem.name, sample)
                    answer = endpoint.ask(settings.model, message, seed, settings.sampling())
                except NoAnswer as error:
                    failed.append(f"{problem.name}, sample {sample}: {error}")
                    each(failed[-1])
                    continue
                except RequestsSpent:
                    return Asked(answered, had_already, failed, unreadable, True, verdicts)
                finding = _judged(problem, answer, verify)
                answers.append(key, _line(problem, answer, settings, seed, finding))
                answered += 1
                if finding is not None:
                    verdicts[finding.verdict] = verdicts.get(finding.verdict, 0) + 1
                each(f"{problem.name}, sample {sample}: {finding.verdict if finding else answer.finish_reason}")
    return Asked(answered, had_already, failed, unreadable, False, verdicts)


def _key(problem: Problem, sample: int, settings: TeacherSettings) -> Key:
    return Key(problem.name, prompt_sha256(problem.prompt), sample, settings.model, settings.sha256())


def _judged(problem: Problem, answer: Answer, verify: Verify | None) -> Finding | None:
    if verify is None:
        return None
    return verify(Program(program_in(answer.text), problem.tests, problem.entry_point))


def _line(
    problem: Problem, answer: Answer, settings: TeacherSettings, seed: int, finding: Finding | None
) -> dict[str, object]:
    """All that is known of an answer, with the problem's tests: the file is a whole input of `synthetic_code`."""
    return {
        "prompt": problem.prompt,
        "entry_point": problem.entry_point,
        "tests": problem.tests,
        "completion": program_in(answer.text),
        "answer": answer.text,
        "finish_reason": answer.finish_reason,
        "seed": seed,
        "sampling": settings.sampling(),
        "template": settings.template,
        "template_sha256": settings.template_sha256(),
        "verdict": None if finding is None else finding.verdict,
        "detail": None if finding is None else finding.detail,
    }

"""Lines of a problem file as problems, each with the solutions that the line holds."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from pipelines.document import Quarantined
from pipelines.readers.jsonl import Line
from pipelines.readers.synthetic.options import Shape

MAX_NAME_CHARS = 300
PROMPT_NAME_CHARS = 16  # of the statement's sha256, where a problem has no name


class Problem(NamedTuple):
    """A statement with its tests, as texts without carriage returns."""

    name: str
    prompt: str
    tests: str
    entry_point: str
    teacher: str | None
    value: dict[str, Any]  # the whole object


class UnreadableProblem(Exception):
    """Why a line is no problem: one of the reasons, and what was found."""

    def __init__(self, refusal: Quarantined) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


def problem_of(line: Line, shape: Shape) -> Problem:
    """The problem of a line; UnreadableProblem where it is none. Its solutions may still be missing."""
    value = _object_of(line)
    prompt = _text(line, value, shape.prompt, "prompt_missing")
    tests = _text(line, value, shape.tests, "tests_missing")
    before = [_joined(value[name]) for name in shape.before_tests if name in value]
    entry_point = _name_at(value, shape.entry_point) or ""
    tests = "\n".join([*(text for text in before if text), tests])
    if shape.calls_check and entry_point.isidentifier():
        tests += f"\n\ncheck({entry_point})\n"
    for text in (prompt, tests):
        if not is_unicode(text):
            raise UnreadableProblem(Quarantined(line.reference, "invalid_unicode", "lone surrogates"))
    name = _name_at(value, shape.problem) or prompt_sha256(prompt)[:PROMPT_NAME_CHARS]
    return Problem(name, prompt, tests, entry_point, _name_at(value, shape.teacher), value)


def solutions_of(line: Line, problem: Problem, shape: Shape) -> Iterator[tuple[str, str | Quarantined]]:
    """Every solution of a line with its place; one that is no text comes as Quarantined."""
    found = _first(problem.value, shape.solution)
    if found is None or found == []:
        yield line.reference, Quarantined(line.reference, "solution_missing", f"no {' or '.join(shape.solution)}")
        return
    several = found if isinstance(found, list) else [found]
    for number, solution in enumerate(several):
        reference = f"{line.reference}#{number}" if isinstance(found, list) else line.reference
        if not isinstance(solution, str):
            detail = f"found {type(solution).__name__}"
            yield reference, Quarantined(reference, "solution_not_a_string", detail)
        elif not is_unicode(solution):
            yield reference, Quarantined(reference, "invalid_unicode", "the solution has lone surrogates")
        else:
            yield reference, plain_lines(solution)


def prompt_sha256(prompt: str) -> str:
    """Of a statement, in UTF-8, as hex."""
    return hashlib.sha256(prompt.encode()).hexdigest()


def plain_lines(text: str) -> str:
    """The text with line feeds alone at its line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _object_of(line: Line) -> dict[str, Any]:
    try:
        value = json.loads(line.data.decode())
    except UnicodeDecodeError as error:
        raise UnreadableProblem(Quarantined(line.reference, "not_utf8", str(error)[:200])) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableProblem(Quarantined(line.reference, "bad_json", str(error)[:200])) from error
    if not isinstance(value, dict):
        raise UnreadableProblem(Quarantined(line.reference, "not_an_object", f"found {type(value).__name__}"))
    return value


def _text(line: Line, value: dict[str, Any], names: tuple[str, ...], reason: str) -> str:
    """The text of the first of the fields that there is, or of its lines; blank counts as missing."""
    text = _joined(_first(value, names))
    if not text or not text.strip():
        raise UnreadableProblem(Quarantined(line.reference, reason, f"no text in {' or '.join(names)}"))
    return plain_lines(text)


def _joined(found: Any) -> str | None:
    if isinstance(found, list) and all(isinstance(part, str) for part in found):
        return "\n".join(found)
    return found if isinstance(found, str) else None


def _first(value: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((value[name] for name in names if value.get(name) is not None), None)


def _name_at(value: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """A short text or a whole number, as text; None where there is none."""
    found = _first(value, names)
    if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**18:
        found = str(found)
    return found[:MAX_NAME_CHARS] if isinstance(found, str) and found and is_unicode(found) else None


def is_unicode(text: str) -> bool:
    """Whether a text can be stored: it has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

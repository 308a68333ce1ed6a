"""From a problem to the message that asks for a solution, and from an answer to the program in it."""

from pipelines.generation.settings import TASK
from pipelines.readers.synthetic.problems import Problem

FENCES = ("```", "~~~")
PYTHON = {"python", "python3", "py", ""}
MAX_EXAMPLE_CHARS = 500


def message_for(problem: Problem, template: str) -> str:
    """The template with the statement, the name that the tests use and the first test in place of `{task}`."""
    task = problem.prompt.strip()
    if problem.entry_point:
        task += f"\n\nThe function is named `{problem.entry_point}`."
    example = _first_assertion(problem.tests)
    if example and not problem.entry_point:
        task += f"\n\nThe program must pass this test: `{example}`"
    return template.replace(TASK, task)


def program_in(answer: str) -> str:
    """The first code block of Python with something in it, else the first block, else the answer as it is."""
    blocks = _blocks(answer)
    python = [text for language, text in blocks if language in PYTHON and text.strip()]
    other = [text for _, text in blocks if text.strip()]
    return (python or other or [answer.strip() + "\n"])[0]


def _blocks(answer: str) -> list[tuple[str, str]]:
    """Language and text of every fenced block; one that is not closed goes to the end of the answer."""
    blocks: list[tuple[str, str]] = []
    fence, language = "", ""
    lines: list[str] = []
    for line in answer.replace("\r\n", "\n").split("\n"):
        stripped = line.strip()
        if not fence and stripped.startswith(FENCES):
            fence, language, lines = stripped[:3], stripped[3:].strip().lower(), []
        elif fence and stripped == fence:
            blocks.append((language, "\n".join(lines) + "\n"))
            fence = ""
        elif fence:
            lines.append(line)
    if fence:
        blocks.append((language, "\n".join(lines).rstrip("\n") + "\n"))
    return blocks


def _first_assertion(tests: str) -> str:
    lines = (line.strip() for line in tests.split("\n"))
    found = next((line for line in lines if line.startswith("assert ")), "")
    return found if len(found) <= MAX_EXAMPLE_CHARS else ""

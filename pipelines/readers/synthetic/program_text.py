"""The text of a document: the statement, then the solution. It is this text that is run against the tests."""

from pipelines.readers.synthetic.options import Shape, SyntheticCodeOptions
from pipelines.readers.synthetic.problems import Problem


def program_text(problem: Problem, solution: str, shape: Shape, options: SyntheticCodeOptions) -> str:
    """A Python program that says what it solves; ends in a line feed."""
    if shape.continues_prompt:
        return problem.prompt + solution.rstrip() + "\n"
    statement = ""
    if options.statement != "none":
        statement = (docstring if options.statement == "docstring" else comment)(problem.prompt)
    return statement + solution.strip("\n").rstrip() + "\n"


def with_tests(text: str, problem: Problem) -> str:
    """The text with the tests behind it."""
    return f"{text}\n\n{problem.tests.strip()}\n"


def docstring(prompt: str) -> str:
    """The statement as a module's docstring and an empty line; as a comment where quotes or backslashes forbid it."""
    text = prompt.strip()
    if '"""' in text or "\\" in text or text.endswith('"') or "\0" in text:
        return comment(prompt)
    return f'"""{text}"""\n\n' if "\n" not in text else f'"""{text}\n"""\n\n'


def comment(prompt: str) -> str:
    """The statement as a comment, a line each, and an empty line."""
    lines = [f"# {line.rstrip()}".rstrip() for line in prompt.replace("\0", " ").strip().splitlines()]
    return "\n".join(lines) + "\n\n"

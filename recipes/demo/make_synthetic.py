"""Builds the demo's verified synthetic code `synthetic.jsonl` from the problems in `problems/`.

    python recipes/demo/make_synthetic.py            run every solution, then write the file
    python recipes/demo/make_synthetic.py --check    exit 1 if the committed file is not what would be written

A problem has `statements` and `solutions` in several versions, an `oracle` that finds the same answers another way,
`inputs` (lists of arguments), and `parameters` whose columns stand in all of them as `$name`. A document is a
statement, a solution, and assertions with the oracle's answers; only what runs with its assertions is written.
Everything follows from the files, so each run gives the same bytes.
"""

import argparse
import json
import runpy
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

import yaml

PROBLEMS = Path(__file__).parent / "problems"
OUTPUT = Path(__file__).parent / "synthetic.jsonl"
LICENSE = "Apache-2.0"
COMMENT_CHARS = 88

Problem = dict[str, Any]


def problems() -> list[tuple[str, Problem]]:
    """Name and content of every problem file, by name."""
    return [(path.stem, yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(PROBLEMS.glob("*.yaml"))]


def run(source: str) -> dict[str, Any]:
    """The names that a program has defined when it is done; what it raises comes through."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(source, encoding="utf-8")
        return runpy.run_path(str(path))


def assertions(problem: Problem, values: dict[str, Any]) -> str:
    """One line an input, with the answer that the oracle gives."""
    expected = run(Template(problem["oracle"]).substitute(values))["expected"]
    lines = []
    for arguments in problem["inputs"]:
        arguments = [Template(a).substitute(values) if isinstance(a, str) else a for a in arguments]
        call = f"{problem['function']}({', '.join(map(repr, arguments))})"
        answer = expected(*arguments)
        lines.append(f"assert {call} {'is' if answer is None else '=='} {answer!r}\n")
    return "".join(lines)


def program(statement: str, solution: str, checks: str, number: int) -> str:
    """The document: the statement as a docstring or, in every other document, as a comment."""
    filled = textwrap.fill(" ".join(statement.split()), COMMENT_CHARS)
    statement = textwrap.indent(filled, "# ") if number % 2 else f'"""{filled}"""'
    blank_lines = "\n" * (1 if solution.startswith(("from ", "import ")) else 2)
    return f"{statement}\n{blank_lines}{solution}\n\n{checks}"


def documents(name: str, problem: Problem) -> Iterator[dict[str, Any]]:
    """A document for each row of the problem's parameters; AssertionError where a solution is wrong."""
    columns = problem["parameters"]
    statements, solutions = problem["statements"], problem["solutions"]
    for number, row in enumerate(zip(*columns.values(), strict=True)):
        values = dict(zip(columns, row, strict=True))
        statement = Template(statements[number % len(statements)]).substitute(values)
        solution = Template(solutions[number // 2 % len(solutions)]).substitute(values)
        text = program(statement, solution, assertions(problem, values), number)
        run(text)
        yield {
            "id": f"{name}-{number}",
            "text": text,
            "path": f"{name}_{number}.py",
            "language": "Python",
            "license": LICENSE,
            "verified": True,
        }


def made() -> bytes:
    """The file's content; ValueError names the problem whose solution is wrong."""
    lines = []
    for name, problem in problems():
        try:
            lines += [json.dumps(document, ensure_ascii=False) + "\n" for document in documents(name, problem)]
        except Exception as error:
            raise ValueError(f"{PROBLEMS / name}.yaml: {type(error).__name__}: {error}; correct that file") from error
    return "".join(lines).encode()


def main() -> int:
    """Write or check the file; returns the exit status."""
    parser = argparse.ArgumentParser(description="Build the demo's verified synthetic code from its problems.")
    parser.add_argument("--check", action="store_true", help="compare with the file on disk, write nothing")
    data = made()
    if not parser.parse_args().check:
        OUTPUT.write_bytes(data)
    elif not OUTPUT.is_file() or OUTPUT.read_bytes() != data:
        print(f"{OUTPUT} is not what {PROBLEMS} gives; write it anew without --check", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

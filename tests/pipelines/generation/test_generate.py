import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.document import Document, Rejected
from pipelines.generation.answer_file import AnswerFile, AnswerFileError, Key
from pipelines.generation.prompting import message_for, program_in
from pipelines.generation.settings import DEFAULT_TEMPLATE, TeacherSettings
from pipelines.readers.synthetic.problems import Problem
from pipelines.sources.synthetic_code import SOURCE
from tests.pipelines.generation.teacher import Reply, Teacher, said, teacher

PROBLEMS = [
    {"id": "one", "prompt": "Return one.", "tests": ["assert one() == 1"], "entry_point": "one"},
    {"id": "two", "prompt": "Return two.", "tests": ["assert two() == 2"]},
]
GOOD = "Here:\n```python\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n```\nDone."
BAD = "```python\ndef one():\n    return 0\n```"


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    path = tmp_path / "problems.jsonl"
    path.write_text("".join(json.dumps(problem) + "\n" for problem in PROBLEMS))
    return path


def arguments(problems: Path, running: Teacher, out: Path, *more: str) -> list[str]:
    return ["generate", str(problems), "--endpoint", running.url, "--model", "m", "--out", str(out), *more]


def run(*given: Any) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments(*given))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_answers_are_kept_with_all_that_made_them_and_become_documents(problems: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "answers.jsonl"
    with teacher(lambda n, body: said(GOOD if n % 2 == 0 else BAD)) as running:
        code, output = run(problems, running, out, "--samples", "2", "--verify", "--temperature", "0.5")
    assert (code, "4 answered" in output, "2 passed, 2 tests_failed" in output) == (0, True, True)
    first = lines(out)[0]
    settings = TeacherSettings(model="m", temperature=0.5)
    assert first == {
        "problem": "one",
        "prompt_sha256": first["prompt_sha256"],
        "sample": 0,
        "model": "m",
        "settings_sha256": settings.sha256(),
        "prompt": "Return one.",
        "entry_point": "one",
        "tests": "assert one() == 1",
        "completion": "def one():\n    return 1\n\n\ndef two():\n    return 2\n",
        "answer": GOOD,
        "finish_reason": "stop",
        "seed": settings.seed_of("one", 0),
        "sampling": {"temperature": 0.5, "top_p": 0.95, "max_tokens": 1024},
        "template": DEFAULT_TEMPLATE,
        "template_sha256": settings.template_sha256(),
        "verdict": "passed",
        "detail": "",
    }
    assert len({request["seed"] for request in running.requests}) == 4
    options = SOURCE.options.model_validate({})
    found = [record for split in SOURCE.splits(str(out), options) for record in SOURCE.read(split, options)]
    assert [type(record) for record in found] == [Document, Rejected, Document, Rejected]
    assert isinstance(found[0], Document)
    kept = {
        "problem",
        "sample",
        "teacher",
        "template_sha256",
        "settings_sha256",
        "prompt_sha256",
        "solution",
        "verdict",
    }
    assert set(found[0].metadata) == kept
    assert found[0].metadata["teacher"] == "m"


def test_a_second_run_asks_only_for_what_is_missing(problems: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    with teacher(lambda n, body: Reply(400) if n == 1 else said(GOOD)) as running:
        assert run(problems, running, out)[0] == 3
        assert (len(running.requests), len(lines(out))) == (2, 1)
        code, output = run(problems, running, out)
        assert (code, "1 answered, 1 were there" in output) == (0, True)
        assert (len(running.requests), len(lines(out))) == (3, 2)
        before = out.read_bytes()
        assert run(problems, running, out)[0] == 0
        assert (len(running.requests), out.read_bytes()) == (3, before)
        run(problems, running, out, "--samples", "2")  # more samples: those alone
        assert len(running.requests) == 5
        run(problems, running, out, "--temperature", "0.1")  # other settings: other answers
        assert len(running.requests) == 7
    assert out.read_bytes().startswith(before)


def test_requests_are_limited(problems: Path, tmp_path: Path) -> None:
    with teacher(lambda n, body: said(GOOD)) as running:
        code, output = run(problems, running, tmp_path / "a.jsonl", "--samples", "5", "--max-requests", "3")
    assert (code, len(running.requests), len(lines(tmp_path / "a.jsonl"))) == (3, 3, 3)
    assert "stopped after --max-requests 3" in output


def test_the_key_comes_from_the_environment_and_is_stored_nowhere(
    problems: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEACHER_KEY", "the-very-key")
    with teacher(lambda n, body: said(GOOD)) as running:
        _, output = run(problems, running, tmp_path / "a.jsonl", "--api-key-env", "TEACHER_KEY")
        assert run(problems, running, tmp_path / "b.jsonl", "--api-key-env", "NO_SUCH_KEY")[0] == 2
    assert {headers["authorization"] for headers in running.headers} == {"Bearer the-very-key"}
    assert "the-very-key" not in output + (tmp_path / "a.jsonl").read_text()


def test_lines_that_are_no_problem_are_told(problems: Path, tmp_path: Path) -> None:
    with problems.open("a") as file:
        file.write('{"prompt": "no tests"}\n{\n')
    with teacher(lambda n, body: said(GOOD)) as running:
        code, output = run(problems, running, tmp_path / "a.jsonl")
    assert (code, "2 lines are no problem" in output, "tests_missing" in output) == (0, True, True)


def test_a_killed_run_goes_on_where_it_was(problems: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"

    def slow(_: int, __: dict[str, Any]) -> Reply:
        time.sleep(0.05)
        return said(GOOD)

    with teacher(slow) as running:
        code = "from pipelines.cli import main; main()"
        command = [sys.executable, "-c", code, *arguments(problems, running, out, "--samples", "20")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not out.exists() or out.stat().st_size < 3000:
            time.sleep(0.01)
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with out.open("ab") as file:
            file.write(b'{"problem": "two", "prom')  # as a kill in the middle of a write would leave it
        assert run(problems, running, out, "--samples", "20")[0] == 0
    keys = [(line["problem"], line["sample"]) for line in lines(out)]
    assert sorted(keys) == [(name, sample) for name in ("one", "two") for sample in range(20)]
    assert len(running.requests) <= 42  # those in flight at the kill are asked again, no others


KEY = Key("one", "0f", 0, "m", "ab")


@pytest.mark.parametrize("torn", [b"", b"{", b'{"problem": "x', b'{"problem": "' + b"y" * 200_000])
def test_a_torn_line_is_taken_off(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(torn)
    with AnswerFile(path) as answers:
        assert answers.keys == set()
        answers.append(KEY, {"answer": "ü"})
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    with AnswerFile(path) as answers:
        assert answers.keys == {KEY}
    assert path.read_bytes() == whole


@pytest.mark.parametrize("content", [b"important notes", b"a\nb\n", b'{"text": "x"}\n', b'{"text": "x"}'])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(AnswerFileError, match="another file"), AnswerFile(path):
        pass
    assert path.read_bytes() == content


def test_one_run_writes_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with AnswerFile(path), pytest.raises(AnswerFileError, match="another run"), AnswerFile(path):
        pass


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        ("def f(): pass", "def f(): pass\n"),
        ("Look:\n```python\na = 1\n```\nand\n```python\nb = 2\n```", "a = 1\n"),
        ("```bash\npip install x\n```\n```py\na = 1\n```", "a = 1\n"),
        ("```\na = 1\n```", "a = 1\n"),
        ("```python\n\n```\n```python\na = 1\n```", "a = 1\n"),
        ("~~~Python\na = '```'\n~~~", "a = '```'\n"),
        ("```python\na = 1\nb = ", "a = 1\nb = \n"),
        ("```java\nint a;\n```", "int a;\n"),
        ("  ```python\r\na = 1\r\n  ```", "a = 1\n"),
        ("", "\n"),
    ],
)
def test_programs_in_answers(answer: str, program: str) -> None:
    assert program_in(answer) == program


def test_messages() -> None:
    problem = Problem("p", "Add {task} numbers.\n", "import math\nassert add(1, 2) == 3", "", None, {})
    assert message_for(problem, "A\n{task}\nB") == (
        "A\nAdd {task} numbers.\n\nThe program must pass this test: `assert add(1, 2) == 3`\nB"
    )
    assert message_for(problem._replace(entry_point="add"), "{task}").endswith("The function is named `add`.")

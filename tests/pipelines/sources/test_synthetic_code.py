import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.document import Document, Quarantined, Record, Rejected, check_storable
from pipelines.sandbox.limits import VERDICTS
from pipelines.source import source_kinds
from pipelines.sources.synthetic_code import SOURCE
from tests.pipelines.sources.fuzzing.cases import Fuzzed
from tests.pipelines.sources.fuzzing.synthetic_code import CASES

PROBLEM = {
    "id": "add/1",
    "prompt": "Add one to a number.",
    "solution": "def add(x):\n    return x + 1\n",
    "tests": ["assert add(1) == 2", "assert add(-1) == 0"],
    "teacher": "somebody",
}


def records(path: Path, *values: object, **options: object) -> list[Record]:
    lines = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]
    path.write_bytes(b"\n".join(lines) + b"\n")
    settings = SOURCE.options.model_validate(options)
    return [record for split in SOURCE.splits(str(path), settings) for record in SOURCE.read(split, settings)]


def only(path: Path, value: object, **options: object) -> Record:
    (record,) = records(path, value, **options)
    return record


def test_the_kind_is_found() -> None:
    kind = source_kinds()["synthetic_code"]
    assert (kind.group, kind.code_like) == ("code", True)


def test_golden_document(tmp_path: Path) -> None:
    assert only(tmp_path / "a.jsonl", PROBLEM, license="CC0-1.0") == Document(
        text='"""Add one to a number."""\n\ndef add(x):\n    return x + 1\n',
        format="file",
        license="CC0-1.0",
        language_hint="Python",
        metadata={
            "problem": "add/1",
            "prompt_sha256": hashlib.sha256(b"Add one to a number.").hexdigest(),
            "solution": 0,
            "teacher": "somebody",
            "verdict": "passed",
        },
    )


def test_statements_and_tests_in_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    hard = {**PROBLEM, "prompt": 'Say """hi"""\\ \r\nand add one.'}
    record = only(path, hard, include_tests=True, statement="docstring")
    assert isinstance(record, Document)
    assert record.text == (
        '# Say """hi"""\\\n# and add one.\n\ndef add(x):\n    return x + 1\n\n\nassert add(1) == 2\nassert add(-1) == 0\n'
    )
    record = only(path, PROBLEM, statement="none")
    assert isinstance(record, Document)
    assert record.text == PROBLEM["solution"]


def test_golden_humaneval(tmp_path: Path) -> None:
    value = {
        "task_id": "HumanEval/x",
        "prompt": "from typing import List\n\ndef first(xs: List[int]) -> int:\n    '''The first.'''\n",
        "entry_point": "first",
        "canonical_solution": "    return xs[0]\n",
        "test": "METADATA = {}\n\ndef check(candidate):\n    assert candidate([3, 4]) == 3\n",
    }
    path = tmp_path / "a.jsonl"
    record = only(path, value, preset="humaneval", teacher="human")
    assert isinstance(record, Document)
    assert record.text == str(value["prompt"]) + "    return xs[0]\n"
    assert (record.metadata["problem"], record.metadata["teacher"]) == ("HumanEval/x", "human")
    wrong = {**value, "canonical_solution": "    return xs[1]\n"}
    assert only(path, wrong, preset="humaneval") == Rejected(f"{path}@0", "tests_failed")


def test_golden_mbpp(tmp_path: Path) -> None:
    value = {
        "text": "Write a function for the area of a circle.",
        "code": "import math\r\ndef area(r):\r\n\treturn math.pi * r * r",
        "task_id": 7,
        "test_setup_code": "",
        "test_imports": ["import math"],
        "test_list": ["assert math.isclose(area(1), math.pi)"],
    }
    record = only(tmp_path / "a.jsonl", value, preset="mbpp")
    assert isinstance(record, Document)
    assert record.text == (
        '"""Write a function for the area of a circle."""\n\nimport math\ndef area(r):\n\treturn math.pi * r * r\n'
    )
    assert record.metadata["problem"] == "7"


REJECTED = {
    "tests_failed": {"solution": "def add(x):\n    return x\n"},
    "timeout": {"solution": "while True:\n    pass\n"},
    "memory": {"solution": "x = bytearray(1 << 40)\n"},
    "crashed": {"solution": "import os\nos._exit(0)\n"},
    "forbidden": {"solution": "import os\nos.fork()\n"},
    "no_tests": {"tests": "pass"},
    "syntax_error": {"solution": "def add(x:\n"},
    "empty_solution": {"solution": " \n"},
}


@pytest.mark.parametrize("reason", REJECTED)
def test_reasons_of_rejection(tmp_path: Path, reason: str) -> None:
    path = tmp_path / "a.jsonl"
    assert only(path, {**PROBLEM, **REJECTED[reason]}, max_cpu_seconds=1) == Rejected(f"{path}@0", reason)


def test_every_verdict_has_its_case() -> None:
    assert set(VERDICTS) - {"passed"} <= set(REJECTED)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in PROBLEM.items() if key != name}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'{"prompt": "\xff"}', "not_utf8"),
        (b"[1]", "not_an_object"),
        (b'{"a": "' + b"x" * 5000 + b'"}', "line_too_long"),
        (without("prompt"), "prompt_missing"),
        ({**PROBLEM, "prompt": " "}, "prompt_missing"),
        ({**PROBLEM, "prompt": 7}, "prompt_missing"),
        (without("tests"), "tests_missing"),
        ({**PROBLEM, "tests": ["assert 1", 7]}, "tests_missing"),
        ({**PROBLEM, "tests": []}, "tests_missing"),
        (without("solution"), "solution_missing"),
        ({**PROBLEM, "solution": []}, "solution_missing"),
        ({**PROBLEM, "solution": {"a": 1}}, "solution_not_a_string"),
        ({**PROBLEM, "prompt": "\ud800"}, "invalid_unicode"),
        ({**PROBLEM, "tests": "'\ud800'"}, "invalid_unicode"),
        ({**PROBLEM, "solution": "'\ud800'"}, "invalid_unicode"),
    ],
)
def test_what_is_no_problem_is_quarantined_and_the_next_line_is_read(
    tmp_path: Path, value: object, reason: str
) -> None:
    path = tmp_path / "a.jsonl"
    refused, document = records(path, value, PROBLEM, max_line_bytes=4096 if reason == "line_too_long" else 1 << 20)
    assert isinstance(refused, Quarantined)
    assert (refused.reference, refused.reason) == (f"{path}@0", reason)
    assert isinstance(document, Document)


def test_a_cut_file_is_quarantined_where_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(PROBLEM) + "\n").encode() * 3 + os.urandom(20_000))[:-5000])
    settings = SOURCE.options.model_validate({})
    found = [record for split in SOURCE.splits(str(path), settings) for record in SOURCE.read(split, settings)]
    assert [type(record) for record in found[:3]] == [Document] * 3
    assert {type(record) for record in found[3:]} == {Quarantined}


def test_each_of_several_solutions_is_a_record(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good, bad = PROBLEM["solution"], "def add(x):\n    return 0\n"
    found = records(path, {**without("solution"), "completions": [good, bad, 7, good + "\n# again\n"]})
    assert [type(record) for record in found] == [Document, Rejected, Quarantined, Document]
    assert found[1] == Rejected(f"{path}@0#1", "tests_failed")
    assert [record.metadata["solution"] for record in found if isinstance(record, Document)] == [0, 3]


def test_fields_can_be_named(tmp_path: Path) -> None:
    value = {"q": "Add one.", "a": PROBLEM["solution"], "t": PROBLEM["tests"], "who": "w", "n": 5, "f": "add"}
    names = {"prompt": "q", "solution": "a", "tests": "t", "teacher": "who", "problem": "n", "entry_point": "f"}
    record = only(tmp_path / "a.jsonl", value, **{f"{name}_field": field for name, field in names.items()})
    assert isinstance(record, Document)
    assert (record.metadata["problem"], record.metadata["teacher"]) == ("5", "w")


def test_a_verdict_in_the_file_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    value = {**PROBLEM, "solution": "def add(x):\n    return 0\n", "verdict": "passed"}
    assert only(path, value) == Rejected(f"{path}@0", "tests_failed")


def test_two_readings_and_any_splits_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = [{**PROBLEM, "id": number} for number in range(6)]
    whole = records(tmp_path / "a.jsonl", *values)
    monkeypatch.setattr("pipelines.sources.synthetic_code.SPLIT_BYTES", 300)
    settings = SOURCE.options.model_validate({})
    assert len(SOURCE.splits(str(tmp_path / "a.jsonl"), settings)) > 3
    assert records(tmp_path / "a.jsonl", *values) == whole
    for record in whole:
        assert isinstance(record, Document)
        check_storable(record)


@pytest.mark.parametrize("name", CASES)
def test_damaged_files_end_in_outcomes(name: str) -> None:
    fuzzed: Fuzzed = CASES[name]
    for sample in fuzzed.samples():
        assert all(isinstance(record, Document) for record in fuzzed.read(sample))
        for at in range(0, len(sample), 17):
            for damaged in (sample[:at], sample[:at] + bytes([sample[at] ^ 1 << at % 8]) + sample[at + 1 :]):
                for record in fuzzed.read(damaged):
                    assert isinstance(record, Document | Rejected | Quarantined)
                    if isinstance(record, Document):
                        check_storable(record)


@pytest.mark.skipif("MIXDOWN_DATA" not in os.environ, reason="MIXDOWN_DATA names no folder of real data")
@pytest.mark.parametrize(("preset", "file"), [("humaneval", "HumanEval.jsonl.gz"), ("mbpp", "mbpp.jsonl")])
def test_solutions_of_known_sets_pass(preset: str, file: str, tmp_path: Path) -> None:
    path = Path(os.environ["MIXDOWN_DATA"]) / "evals" / file
    lines = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).splitlines()
    found = records(tmp_path / "a.jsonl", *lines[::20][:8], preset=preset)
    assert [type(record) for record in found] == [Document] * 8

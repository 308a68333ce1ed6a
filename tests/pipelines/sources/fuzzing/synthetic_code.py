"""Problem files to be fuzzed: the three shapes, read as far as the sandbox and not run, which would take too long."""

import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipelines.document import Record
from pipelines.readers.synthetic.options import SyntheticCodeOptions
from pipelines.sandbox.limits import PASSED, Finding, Program
from pipelines.sources.synthetic_code import records_of
from tests.pipelines.sources.fuzzing.cases import Fuzzed

GENERATED: list[object] = [
    {
        "problem": "add/1",
        "prompt": 'Add "one" to\r\na number \\ ë 灯.',
        "completion": "def add(x):\n    return x + 1\n",
        "tests": ["assert add(1) == 2"],
        "model": "teacher",
        "sample": 3,
        "template_sha256": "0f",
    },
    {"id": 7, "text": "Nothing.", "completions": ["x = 1\r\n", "y = 2\n"], "tests": "assert True", "entry_point": "x"},
]
HUMANEVAL: list[object] = [
    {
        "task_id": "h/1",
        "prompt": "def one():\n",
        "canonical_solution": "    return 1\n",
        "test": "def check(f):\n    assert f() == 1\n",
        "entry_point": "one",
    }
]
MBPP: list[object] = [
    {
        "task_id": 1,
        "text": "Return one.",
        "code": "def one():\r\n    return 1",
        "test_list": ["assert one() == 1"],
        "test_setup_code": "import math",
        "challenge_test_list": [],
    }
]


def _passed(_: Program) -> Finding:
    return Finding(PASSED)


def reader(preset: str, judged: Callable[[Program], Finding] = _passed) -> Callable[[bytes], list[Record]]:
    """Reads bytes as a file of problems; `judged` has the place of the sandbox."""
    options = SyntheticCodeOptions.model_validate({"preset": preset, "max_line_bytes": 1000, "include_tests": True})

    def read(data: bytes) -> list[Record]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "problems.jsonl"
            path.write_bytes(data)
            return list(records_of(str(path), options, judged))

    return read


def samples_of(values: list[object]) -> Callable[[], list[bytes]]:
    """The problems as JSON lines, with and without escapes, and compressed."""
    lines = b"".join(json.dumps(value).encode() + b"\n" for value in values)
    raw = "\n\n".join(json.dumps(value, ensure_ascii=False) for value in values).encode()
    return lambda: [lines, raw, gzip.compress(lines, mtime=0)]


CASES = {
    f"synthetic_code {preset}": Fuzzed(f"synthetic_code {preset}", samples_of(values), reader(preset))
    for preset, values in (("generated", GENERATED), ("humaneval", HUMANEVAL), ("mbpp", MBPP))
}

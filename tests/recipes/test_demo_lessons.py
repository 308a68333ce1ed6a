"""The demo's lessons: they are what their builder makes, English, and right."""

import json
import re
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.document import Document
from pipelines.sources.jsonl import SOURCE
from quality.language import identify
from tests.recipes.demo_builders import DEMO, load_builder

builder = load_builder("make_lessons")
LINES = [json.loads(line) for line in builder.OUTPUT.read_text(encoding="utf-8").splitlines()]
NUMBER = r"\d+(?:\.\d+)?"
EQUATION = re.compile(rf"((?:{NUMBER} [-+*/] )+{NUMBER}) = ({NUMBER})")


def test_the_committed_file_is_what_the_builder_gives() -> None:
    command = [sys.executable, str(DEMO / "make_lessons.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_check_notices_a_changed_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = builder.CONTENT.read_text(encoding="utf-8")
    changed = tmp_path / "lessons.yaml"
    changed.write_text(content.replace("[Mira, 6,", "[Mira, 5,"), encoding="utf-8")
    monkeypatch.setattr(builder, "CONTENT", changed)
    monkeypatch.setattr(sys, "argv", ["make_lessons.py", "--check"])
    assert builder.main() == 1


def result(calculation: str) -> Fraction:
    """The value of a chain of operations, products and quotients first."""
    total, sign = Fraction(0), 1
    for place, term in enumerate(re.split(r" ([-+]) ", calculation)):
        if place % 2:
            sign = -1 if term == "-" else 1
            continue
        value, *rest = re.split(r" ([*/]) ", term)
        product = Fraction(value)
        for operator, factor in zip(rest[::2], rest[1::2], strict=True):
            product = product * Fraction(factor) if operator == "*" else product / Fraction(factor)
        total += sign * product
    return total


def test_every_calculation_is_right() -> None:
    found = [match for line in LINES for match in EQUATION.findall(line["text"])]
    assert len(found) > 100
    assert [(left, right) for left, right in found if result(left) != Fraction(right)] == []


def test_a_number_that_is_no_short_decimal_is_named() -> None:
    assert [builder.written(Fraction(part)) for part in ("7", "5/2", "1/8")] == ["7", "2.5", "0.125"]
    with pytest.raises(ValueError, match=r"1/3 is no short decimal"):
        builder.written(Fraction(1, 3))


def test_lessons_are_english_distinct_and_small() -> None:
    languages, scores = identify(pa.array([line["text"] for line in LINES]))
    pairs = zip(languages.to_pylist(), scores.to_pylist(), strict=True)
    passing = [language == "en" and score > 0.65 for language, score in pairs]
    assert sum(passing) > 0.95 * len(LINES)
    assert len({line["text"] for line in LINES}) == len(LINES)
    assert len(Counter(line["topic"] for line in LINES)) > 10
    assert builder.OUTPUT.stat().st_size < 150_000


def test_the_source_kind_reads_every_line() -> None:
    options = SOURCE.options()
    records = [
        record for split in SOURCE.splits(str(builder.OUTPUT), options) for record in SOURCE.read(split, options)
    ]
    documents = [record for record in records if isinstance(record, Document)]
    assert len(documents) == len(records) == len(LINES)
    assert {document.license for document in documents} == {"Apache-2.0"}

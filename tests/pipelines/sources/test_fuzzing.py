"""Damaged inputs end in documents, rejections and quarantine: never in an exception, never in a hang.

`python -m benchmarks.fuzz_sources` runs the same with many thousands of cases.
"""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from pipelines.document import Document, Quarantined, Record
from tests.pipelines.sources.fuzzing import running
from tests.pipelines.sources.fuzzing.cases import Fuzzed
from tests.pipelines.sources.fuzzing.mutations import mutated
from tests.pipelines.sources.fuzzing.running import Broken, run_case, subjects, watched

SUBJECTS = subjects()
CASES = 300
SEED = 6


@pytest.mark.parametrize("name", SUBJECTS)
def test_valid_samples_give_documents(name: str) -> None:
    subject = SUBJECTS[name]
    with watched():
        records = [record for sample in subject.samples() for record in subject.read(sample)]
    assert any(isinstance(record, Document) for record in records)


@pytest.mark.parametrize("name", SUBJECTS)
def test_damaged_inputs_end_in_outcomes(name: str) -> None:
    subject = SUBJECTS[name]
    samples = subject.samples()
    outcomes: Counter[str] = Counter()
    for number in range(CASES):
        outcomes += run_case(subject, samples, SEED, number)
    # What was only ever read well, or never, was not fuzzed.
    assert any(outcome == "document" for outcome in outcomes)
    assert any(outcome != "document" for outcome in outcomes), outcomes


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_same_bytes_give_the_same_records(name: str) -> None:
    subject = SUBJECTS[name]
    samples = subject.samples()
    assert subject.samples() == samples
    for number in range(0, CASES, 30):
        outcomes = [run_case(subject, samples, SEED, number) for _ in range(2)]
        assert outcomes[0] == outcomes[1]


def test_cases_are_a_function_of_seed_and_number() -> None:
    samples = [b"first sample", b"the second one"]
    cases = [mutated(samples, 1, number) for number in range(200)]
    assert cases == [mutated(samples, 1, number) for number in range(200)]
    assert cases != [mutated(samples, 2, number) for number in range(200)]
    assert len(set(cases)) > 150
    assert isinstance(mutated([b""], 1, 1), bytes)


def fuzzed(read: Callable[[bytes], list[Record]]) -> Fuzzed:
    return Fuzzed("broken", lambda: [b"sample"], read)


def test_an_exception_is_a_failure_that_names_the_case() -> None:
    with pytest.raises(Broken, match=r"broken: seed 3, case 7 raised ValueError: no"):
        run_case(fuzzed(lambda _: raised(ValueError("no"))), [b"sample"], 3, 7)


def test_a_hang_is_a_failure_even_where_every_exception_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(_: bytes) -> list[Record]:
        while True:
            with suppress(Exception):
                time.sleep(0.001)

    monkeypatch.setattr(running, "CASE_SECONDS", 0.05)
    with pytest.raises(Broken, match=r"seed 3, case 7 is not done in 0\.05 s"):
        run_case(fuzzed(hang), [b"sample"], 3, 7)


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (Quarantined("file@0", "made_up_by_the_input"), "not in docs/sources.md"),
        (Quarantined("", "bad_json"), "without a reference"),
        (None, "NoneType is no outcome"),
    ],
)
def test_what_is_no_outcome_is_a_failure(record: Any, problem: str) -> None:
    with pytest.raises(Broken, match=problem):
        run_case(fuzzed(lambda _: [record]), [b"sample"], 3, 7)


def raised(error: Exception) -> list[Record]:
    raise error

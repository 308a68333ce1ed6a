"""Damaged inputs end in documents, rejections and quarantine: never in an exception, never in a hang.

`python -m benchmarks.fuzz_sources` runs the same with many thousands of cases.
"""

from collections import Counter

import pytest

from pipelines.document import Document
from tests.pipelines.sources.fuzzing.mutations import mutated
from tests.pipelines.sources.fuzzing.running import run_case, subjects, watched

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
    assert any(outcome.startswith("quarantined") for outcome in outcomes), outcomes


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

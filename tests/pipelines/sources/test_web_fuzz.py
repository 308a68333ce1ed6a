"""Damaged archives, responses and pages end in documents, rejections and quarantine."""

import random

import pytest

from pipelines.document import Document, Quarantined
from tests.pipelines.sources.fuzzing.web_pages import CASES

FLIPS_OF_EACH = 120


def damaged(samples: list[bytes], random_numbers: random.Random) -> bytes:
    """A sample with flipped bits, cut off, or spliced with another."""
    data = bytearray(random_numbers.choice(samples))
    for _ in range(random_numbers.randint(0, 4)):
        data[random_numbers.randrange(len(data))] ^= 1 << random_numbers.randrange(8)
    choice = random_numbers.randrange(3)
    if choice == 0:
        del data[random_numbers.randrange(len(data)) :]
    elif choice == 1:
        other = random_numbers.choice(samples)
        at = random_numbers.randrange(len(other))
        data[random_numbers.randrange(len(data)) :] = other[at:]
    return bytes(data)


@pytest.mark.parametrize("name", CASES)
def test_damage_ends_in_outcomes(name: str) -> None:
    subject = CASES[name]
    samples = subject.samples()
    random_numbers = random.Random(name)
    found = [record for sample in samples for record in subject.read(sample)]
    assert any(isinstance(record, Document) for record in found)
    for _ in range(FLIPS_OF_EACH):
        found += subject.read(damaged(samples, random_numbers))
    assert any(isinstance(record, Quarantined) for record in found)

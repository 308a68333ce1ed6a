"""Damaged archives and answers end in quarantine or documents, never in an exception."""

import random

import pytest

from pipelines.document import Absorbed, Document, Quarantined, Rejected, to_table
from tests.pipelines.sources.fuzzing.github import CASES


def damaged(samples: list[bytes], draw: random.Random) -> bytes:
    """A sample with bits flipped, cut, or spliced with another."""
    data = bytearray(draw.choice(samples))
    match draw.randrange(3):
        case 0:
            for _ in range(draw.randint(1, 8)):
                data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        case 1:
            del data[draw.randrange(len(data)) :]
        case _:
            other = draw.choice(samples)
            data[draw.randrange(len(data)) :] = other[draw.randrange(len(other)) :]
    return bytes(data)


@pytest.mark.parametrize("name", CASES)
def test_samples_give_documents(name: str) -> None:
    case = CASES[name]
    assert any(isinstance(record, Document) for sample in case.samples() for record in case.read(sample))


@pytest.mark.parametrize("name", CASES)
def test_damage_ends_in_records(name: str) -> None:
    case, draw = CASES[name], random.Random(7)
    samples = case.samples()
    for _ in range(100):
        records = case.read(damaged(samples, draw))
        assert all(isinstance(record, Document | Rejected | Quarantined | Absorbed) for record in records)
        to_table("fuzz", [record for record in records if isinstance(record, Document)]).validate(full=True)

from itertools import chain

import numpy as np
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.datatrove.lanes import PRIME, UNTOUCHED, lower_lanes, parameters

EDGES = st.sampled_from([0, 1, PRIME - 1, PRIME, PRIME + 1, PRIME + 7, 2**61, 2**63, 2**64 - 1, 7 * 2**61 + PRIME - 5])
HASHES = st.lists(EDGES | st.integers(0, 2**64 - 1), min_size=1, max_size=8)


def lanes_of(shingles: list[int], multipliers: list[int], addends: list[int]) -> list[int]:
    lanes = np.full(len(multipliers), UNTOUCHED, np.uint64)
    hashes = np.array(shingles, np.uint64)
    lower_lanes(hashes, len(hashes), np.array(multipliers, np.uint64), np.array(addends, np.uint64), lanes)
    return [int(lane) for lane in lanes]


@settings(max_examples=300)
@given(HASHES, EDGES | st.integers(1, PRIME - 1), EDGES | st.integers(0, PRIME - 1))
def test_lanes_are_the_least_remainders(shingles: list[int], multiplier: int, addend: int) -> None:
    expected = min((shingle * multiplier + addend) % 2**64 % PRIME for shingle in shingles)
    assert lanes_of(shingles, [1, multiplier], [0, addend]) == [min(s % PRIME for s in shingles), expected]


def test_trap_products_wrap_in_uint64_before_the_remainder() -> None:
    # (a * x + b) mod (2^61 - 1) over all the integers is another number; datatrove's, in NumPy, wraps.
    multipliers, addends = (values.tolist() for values in parameters(112, 1))
    shingles = [2**63 + 12345, 2**64 - 99]
    datatrove = MinhashDedupSignature("unused", config=MinhashConfig())
    expected = list(chain.from_iterable(datatrove.get_signature(np.array(shingles, np.uint64).reshape(-1, 1))))
    assert lanes_of(shingles, multipliers, addends) == expected
    unwrapped = [min((s * a + b) % PRIME for s in shingles) for a, b in zip(multipliers, addends, strict=True)]
    assert sum(lane == other for lane, other in zip(expected, unwrapped, strict=True)) < 5


def test_parameters_are_datatroves_for_every_seed() -> None:
    for seed in (0, 1, 42, 2**32 - 1):
        theirs = MinhashDedupSignature("unused", config=MinhashConfig(seed=seed)).parameters
        for ours, expected in zip(parameters(112, seed), theirs, strict=True):
            assert (ours == expected[0]).all()

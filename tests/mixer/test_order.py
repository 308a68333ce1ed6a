import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixer.order import document_order_hash, key64, mix64, seeded_order


def test_orders_are_pinned() -> None:
    """A changed order changes every mixture ever made: these values may never change."""
    assert int(mix64(np.array([1], np.uint64))[0]) == 0x5692161D100B05E5
    assert int(key64("blocks", 17, "pages", 0)) == GOLDEN_KEY
    assert seeded_order(np.arange(8, dtype=np.uint64), np.uint64(5)).tolist() == GOLDEN_ORDER
    assert document_order_hash("mixdown", "00ff") == GOLDEN_HASH


GOLDEN_KEY = 10771714132865949194
GOLDEN_ORDER = [2, 6, 4, 5, 3, 0, 1, 7]
GOLDEN_HASH = 12804621174258686611


@given(st.lists(st.integers(0, 2**64 - 1), max_size=50), st.integers(0, 2**64 - 1))
def test_an_order_is_a_permutation(values: list[int], key: int) -> None:
    order = seeded_order(np.array(values, np.uint64), np.uint64(key))
    assert sorted(order.tolist()) == list(range(len(values)))


def test_another_key_gives_another_order() -> None:
    values = np.arange(100, dtype=np.uint64)
    orders = {tuple(seeded_order(values, key64("epoch", epoch)).tolist()) for epoch in range(20)}
    assert len(orders) == 20

"""One compiled kernel whatever was met first, so that a resumed run computes what the whole run did."""

from itertools import permutations

import pytest
import torch
from torch._dynamo.testing import CompileCounter
from torch.nn.attention.flex_attention import flex_attention

from trainer.any_rows import any_rows, any_rows_of_mask
from trainer.attention import block_mask

LENGTH = 256
pytestmark = pytest.mark.filterwarnings("default")  # flex_attention says that it is slow when it is not compiled


@pytest.fixture(autouse=True)
def _compile_afresh() -> None:
    torch.compiler.reset()


def kernels_for(orders: tuple[int, ...], *, marked: bool) -> int:
    """How often attention over so many rows, one after the other, is compiled."""
    counter = CompileCounter()
    compiled = torch.compile(flex_attention, backend=counter)
    for rows in orders:
        documents = (torch.arange(LENGTH) // 100).repeat(rows, 1)
        mask = block_mask(documents)
        query, key, value = (torch.zeros(rows, 2, LENGTH, 16) for _ in range(3))
        if marked:
            any_rows(query, key, value)
            any_rows_of_mask(mask)
        with torch.no_grad():
            compiled(query, key, value, block_mask=mask)
    return counter.frame_count


@pytest.mark.parametrize("order", permutations((2, 3, 4)))
def test_attention_is_compiled_once_for_any_number_of_rows(order: tuple[int, ...]) -> None:
    assert kernels_for(order, marked=True) == 1


def test_left_alone_it_would_be_compiled_again() -> None:
    assert kernels_for((4, 2), marked=False) == 2

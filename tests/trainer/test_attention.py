"""Every way to attend inside documents gives the same numbers; the block mask is what torch itself would build."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from trainer.attention import Mask, attend, block_mask, dense_mask, document_lengths, make_mask
from trainer.documents import document_layout


def make_documents(starts: list[list[int]], length: int) -> Tensor:
    return torch.from_numpy(document_layout([np.array(row, dtype=np.int32) for row in starts], length)[0])


def make_states(rows: int, length: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value with the strides that they have in a block."""
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(rows, length, 3, 2, 16, generator=generator)
    query, key, value = (part.transpose(1, 2) for part in states.unbind(2))
    return query, key, value


def attended_alone(starts: list[list[int]], length: int) -> Tensor:
    """The definition: softmax over what the row's document holds up to the token, in float64."""
    query, key, value = (states.double() for states in make_states(len(starts), length))
    scores = query @ key.transpose(-1, -2) / 4.0
    documents = make_documents(starts, length)
    for row in range(len(starts)):
        for column in range(length):
            hidden = (documents[row] != documents[row, column]) | (torch.arange(length) > column)
            scores[row, :, column, hidden] = float("-inf")
    return (scores.softmax(dim=-1) @ value).float()


LAYOUTS = [[[]], [[0]], [[0, 1, 2], [39]], [[0, 12, 30], [5], []]]


@pytest.mark.parametrize("starts", LAYOUTS)
@pytest.mark.parametrize("make", [dense_mask, document_lengths], ids=lambda make: make.__name__)
def test_attention_is_its_definition(starts: list[list[int]], make: object) -> None:
    mask: Mask = make(make_documents(starts, 40))  # type: ignore[operator]
    states = make_states(len(starts), 40)
    torch.testing.assert_close(attend(*states, mask), attended_alone(starts, 40), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("starts", LAYOUTS)
def test_gradients_are_the_same_document_by_document(starts: list[list[int]]) -> None:
    documents = make_documents(starts, 40)
    gradients = []
    for mask in (dense_mask(documents), document_lengths(documents)):
        states = [part.detach().requires_grad_() for part in make_states(len(starts), 40)]
        attend(*states, mask).square().sum().backward()
        gradients.append([part.grad for part in states])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_without_documents_it_is_causal() -> None:
    states = make_states(2, 40)
    mask = make_mask(None, torch.zeros(2, 40, dtype=torch.int64), fixed_shapes=False)
    torch.testing.assert_close(attend(*states, mask), attended_alone([[], []], 40), atol=1e-6, rtol=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_block_mask_is_torchs(data: st.DataObject) -> None:
    length = data.draw(st.sampled_from([1, 40, 128, 129, 500, 512]))
    positions = st.sampled_from(sorted({*range(0, length, 128), *range(127, length, 128), 0, length - 1, length // 2}))
    starts = data.draw(st.lists(st.lists(positions, unique=True).map(sorted), min_size=1, max_size=3))
    documents = make_documents(starts, length)

    def sees(row: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return (key <= query) & (documents[row, query] == documents[row, key])

    expected = create_block_mask(sees, len(starts), None, length, length, device="cpu")
    found = block_mask(documents)
    assert found.shape == (len(starts), 1, length, length)
    assert torch.equal(found.to_dense(), expected.to_dense())
    for name in ("kv_num_blocks", "full_kv_num_blocks", "q_num_blocks", "full_q_num_blocks"):
        assert torch.equal(getattr(found, name), getattr(expected, name)), name
    for name in ("kv", "full_kv", "q", "full_q"):
        counts = getattr(expected, f"{name}_num_blocks")
        used = torch.arange(getattr(expected, f"{name}_indices").shape[-1]) < counts[..., None]
        assert torch.equal(getattr(found, f"{name}_indices")[used], getattr(expected, f"{name}_indices")[used]), name


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_flex_attention_under_the_block_mask_is_the_same() -> None:
    starts = [[0, 128, 200], [50], []]
    documents, states = make_documents(starts, 300), make_states(3, 300)
    expected = attend(*states, dense_mask(documents))
    found = flex_attention(*states, block_mask=block_mask(documents))
    assert isinstance(found, Tensor)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_what_the_cpu_does() -> None:
    documents = make_documents([[0, 3], [1]], 5)
    assert make_mask(documents, documents, fixed_shapes=False) == [[3, 2], [1, 4]]
    fixed = make_mask(documents, documents, fixed_shapes=True)
    assert isinstance(fixed, Tensor)
    assert fixed.shape == (2, 1, 5, 5)
    assert make_mask(None, documents, fixed_shapes=True) is None

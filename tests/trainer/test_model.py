"""The decoder: causal, inside documents when asked, sizes as named; the loss equals torch's own."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from trainer import loss_columns
from trainer.documents import document_layout
from trainer.errors import SettingError
from trainer.loss import next_token_loss
from trainer.model import Decoder
from trainer.presets import PRESETS, find_preset

SIZES = {"tiny": 0.918e6, "60m": 60e6, "160m": 160e6, "470m": 470e6, "2.8b": 2.8e9}


@pytest.fixture(scope="module")
def model() -> Decoder:
    torch.manual_seed(3)
    return Decoder(find_preset("tiny"), 300).eval()


def logits(model: Decoder, ids: torch.Tensor, starts: list[int] | None) -> torch.Tensor:
    with torch.no_grad():
        if starts is None:
            out: torch.Tensor = model(ids)
            return out
        layout = document_layout([np.array(starts)] * len(ids), ids.shape[1])
        masked: torch.Tensor = model(ids, *map(torch.from_numpy, layout))
        return masked


def test_a_document_does_not_see_the_one_before_it(model: Decoder) -> None:
    ids = torch.randint(300, (2, 40), generator=torch.Generator().manual_seed(1))
    changed = ids.clone()
    changed[:, :15] = (changed[:, :15] + 7) % 300
    assert torch.equal(logits(model, ids, [15])[:, 15:], logits(model, changed, [15])[:, 15:])
    assert not torch.allclose(logits(model, ids, None)[:, 15:], logits(model, changed, None)[:, 15:])
    alone = logits(model, ids[:, 15:], None)
    torch.testing.assert_close(logits(model, ids, [15])[:, 15:], alone, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("starts", [None, [0, 12]])
def test_no_token_sees_a_later_one(model: Decoder, starts: list[int] | None) -> None:
    ids = torch.randint(300, (1, 24), generator=torch.Generator().manual_seed(2))
    changed = ids.clone()
    changed[:, 20:] = (changed[:, 20:] + 1) % 300
    before, after = logits(model, ids, starts), logits(model, changed, starts)
    assert torch.equal(before[:, :20], after[:, :20])
    assert not torch.allclose(before[:, 20:], after[:, 20:])


def test_order_matters_inside_a_document(model: Decoder) -> None:
    swapped = logits(model, torch.tensor([[5, 9, 1, 1]]), None)[0, -1]
    assert not torch.allclose(logits(model, torch.tensor([[9, 5, 1, 1]]), None)[0, -1], swapped, atol=1e-4)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_the_size_of_their_name(name: str) -> None:
    preset = PRESETS[name]
    with torch.device("meta"):
        model = Decoder(preset, 1000)
    counted = sum(parameter.numel() for parameter in model.parameters()) - 1000 * preset.width
    assert counted == preset.non_embedding_parameters
    assert counted == pytest.approx(SIZES[name], rel=0.03)
    assert preset.width % preset.heads == 0
    assert preset.head_width % 2 == 0


def test_an_unknown_preset_lists_the_known_ones() -> None:
    with pytest.raises(SettingError, match=r"'7b' is unknown; choose one of tiny, 60m"):
        find_preset("7b")


@given(st.lists(st.lists(st.integers(0, 19), unique=True).map(sorted), min_size=1, max_size=4))
def test_document_layout_agrees_with_a_walk(starts: list[list[int]]) -> None:
    documents, positions = document_layout([np.array(row, dtype=np.int32) for row in starts], 20)
    for row, row_starts in enumerate(starts):
        document = position = 0
        for column in range(20):
            if column in row_starts:
                document, position = document + 1, 0
            assert (documents[row, column], positions[row, column]) == (document, position)
            position += 1


@settings(max_examples=20, deadline=None)
@given(tokens=st.integers(1, 50), buffer_tokens=st.integers(1, 60), scale=st.sampled_from([0.1, 1.0, 30.0]))
def test_loss_and_gradients_equal_torchs(tokens: int, buffer_tokens: int, scale: float) -> None:
    generator = torch.Generator().manual_seed(tokens)
    hidden = (torch.randn(tokens, 8, generator=generator, dtype=torch.float32) * scale).requires_grad_()
    weight = torch.randn(70, 8, generator=generator).requires_grad_()
    targets = torch.randint(70, (tokens,), generator=generator)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loss_columns, "LOGIT_BUFFER_BYTES", buffer_tokens * 4 * 70)
        mean, each = next_token_loss(hidden, weight, targets)
    (mean * 0.5).backward()  # type: ignore[no-untyped-call]
    exact_hidden, exact_weight = (t.detach().double().requires_grad_() for t in (hidden, weight))
    expected = F.cross_entropy(exact_hidden @ exact_weight.T, targets, reduction="none")
    (expected.mean() * 0.5).backward()
    torch.testing.assert_close(each.double(), expected, atol=2e-4, rtol=1e-5)
    assert mean.item() == pytest.approx(expected.mean().item(), rel=1e-5, abs=2e-4)
    torch.testing.assert_close(hidden.grad.double(), exact_hidden.grad, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(weight.grad.double(), exact_weight.grad, atol=1e-4, rtol=1e-4)


def test_the_loss_follows_autocast() -> None:
    """bfloat16 products, as on CUDA: close to float32, gradients in the inputs' types."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(70, 16, generator=generator).requires_grad_()
    hidden = torch.randn(33, 16, generator=generator).requires_grad_()
    targets = torch.randint(70, (33,), generator=generator)
    exact, _ = next_token_loss(hidden, weight, targets)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mean, each = next_token_loss(hidden, weight, targets)
    mean.backward()  # type: ignore[no-untyped-call]
    assert mean.item() == pytest.approx(exact.item(), rel=0.01)
    assert mean.item() != exact.item()
    assert each.dtype == weight.grad.dtype == hidden.grad.dtype == torch.float32

"""What changes speed and memory changes no number: bit for bit where the arithmetic is the same, closely elsewhere."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from trainer import loss_columns, loss_rows
from trainer.compute import ComputeSettings
from trainer.errors import SettingError
from trainer.loss import next_token_loss
from trainer.model import Decoder
from trainer.padding import pad_rows, padded_size
from trainer.presets import find_preset
from trainer.shard_rows import Rows
from trainer.step import StepOutcome, make_optimizer, train_step

VOCABULARY, LENGTH = 300, 24
PLAIN = ComputeSettings()


def make_model(compute: ComputeSettings) -> Decoder:
    torch.manual_seed(5)
    return Decoder(find_preset("tiny"), VOCABULARY, compute)


def make_batch(rows: int) -> Rows:
    ids = np.random.default_rng(9).integers(0, VOCABULARY, (rows, LENGTH))
    starts = [np.array([0, 9 + row, 20], dtype=np.int32) for row in range(rows)]
    return Rows(np.arange(rows), ids, np.full(rows, LENGTH), starts, ["a"] * rows)


def two_steps(compute: ComputeSettings, rows: int = 3) -> tuple[list[StepOutcome], Decoder]:
    """Steps of three rows, two at once: the second micro batch is smaller."""
    model = make_model(compute)
    optimizer = make_optimizer(model)
    batch = make_batch(rows)
    options = {"micro_batch_rows": 2, "within_documents": True, "stay_inside_documents": False}
    return [train_step(model, optimizer, batch, 1e-3, **options) for _ in range(2)], model  # type: ignore[arg-type]


def test_activation_checkpointing_changes_no_bit() -> None:
    outcomes, model = two_steps(PLAIN)
    again, recomputed = two_steps(ComputeSettings(activation_checkpointing="blocks"))
    assert outcomes == again
    for one, other in zip(model.parameters(), recomputed.parameters(), strict=True):
        assert torch.equal(one, other)


def saved_bytes(compute: ComputeSettings) -> int:
    """What the forward pass keeps for the backward pass, parameters left out."""
    model = make_model(compute)
    parameters = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    seen: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.from_numpy(make_batch(2).input_ids)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        hidden = model.hidden(ids)
    assert hidden.requires_grad
    return sum(seen.values())


def test_activation_checkpointing_keeps_less() -> None:
    assert saved_bytes(ComputeSettings(activation_checkpointing="blocks")) < saved_bytes(PLAIN) / 10


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("checkpointing", ["none", "blocks"])
def test_compiled_steps_are_close(checkpointing: str) -> None:
    outcomes, model = two_steps(PLAIN)
    again, compiled = two_steps(ComputeSettings(compile=True, activation_checkpointing=checkpointing))
    for one, other in zip(outcomes, again, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-5)
        assert other.gradient_norm == pytest.approx(one.gradient_norm, rel=1e-4)
    for one, other in zip(model.state_dict().items(), compiled.state_dict().items(), strict=True):
        assert one[0] == other[0]
        torch.testing.assert_close(one[1], other[1], atol=3e-3, rtol=0)  # AdamW's first steps are of 1e-3 each


def test_bfloat16_steps_are_near() -> None:
    outcomes, _ = two_steps(PLAIN)
    again, model = two_steps(ComputeSettings(dtype="bfloat16"))
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    for one, other in zip(outcomes, again, strict=True):
        assert other.loss != one.loss
        assert other.loss == pytest.approx(one.loss, rel=0.01)
        assert other.gradient_norm == pytest.approx(one.gradient_norm, rel=0.05)


def test_the_plain_loss_is_the_fused_one() -> None:
    outcomes, _ = two_steps(PLAIN)
    again, _ = two_steps(ComputeSettings(loss="plain"))
    for one, other in zip(outcomes, again, strict=True):
        assert other.loss == pytest.approx(one.loss, rel=1e-6)
        assert other.gradient_norm == pytest.approx(one.gradient_norm, rel=1e-5)


@pytest.mark.parametrize("setting", ["activation_checkpointing", "dtype", "loss"])
def test_unknown_settings_list_the_known_ones(setting: str) -> None:
    with pytest.raises(SettingError, match=f"{setting} 'half' is unknown; choose one of "):
        ComputeSettings(**{setting: "half"})


def test_products_are_bfloat16_on_cuda_only() -> None:
    assert PLAIN.product_dtype(torch.device("cuda")) == torch.bfloat16
    assert PLAIN.product_dtype(torch.device("cpu")) == torch.float32
    assert ComputeSettings(dtype="float32").product_dtype(torch.device("cuda")) == torch.float32


def test_the_first_loss_is_that_of_guessing() -> None:
    """ln(vocabulary), for every preset's rule of initialisation: here the tiny one with a large vocabulary."""
    torch.manual_seed(0)
    vocabulary = 20_000
    model = Decoder(find_preset("tiny"), vocabulary)
    ids = torch.randint(vocabulary, (2, 65))
    with torch.no_grad():
        hidden = model.hidden(ids[:, :-1]).flatten(0, 1)
        mean, _ = next_token_loss(hidden, model.embedding.weight, ids[:, 1:].flatten())
    assert mean.item() == pytest.approx(np.log(vocabulary), rel=0.02)


Loss = Callable[[Tensor, Tensor, Tensor, torch.dtype], tuple[Tensor, Tensor, Tensor]]


@pytest.mark.parametrize("loss", [loss_columns.loss_and_gradients, loss_rows.loss_and_gradients], ids=["cpu", "cuda"])
@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
@pytest.mark.parametrize("chunk_tokens", [5, 100])
def test_gradients_of_the_loss(
    loss: Loss, dtype: torch.dtype, close: float, chunk_tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against float64; bfloat16 is off by its rounding (2^-8 each), relative to the largest gradient."""
    monkeypatch.setattr(loss_columns, "LOGIT_BUFFER_BYTES", 4 * 70 * chunk_tokens)
    monkeypatch.setattr(loss_rows, "LOGIT_BUFFER_BYTES", dtype.itemsize * 128 * chunk_tokens)
    generator = torch.Generator().manual_seed(0)
    hidden, weight = torch.randn(33, 16, generator=generator), torch.randn(70, 16, generator=generator) / 4
    targets = torch.randint(70, (33,), generator=generator)
    exact_hidden, exact_weight = (tensor.double().requires_grad_() for tensor in (hidden, weight))
    expected = F.cross_entropy(exact_hidden @ exact_weight.T, targets, reduction="none")
    expected.mean().backward()  # type: ignore[no-untyped-call]
    each, to_hidden, to_weight = loss(hidden, weight, targets, dtype)
    assert to_weight.shape == weight.shape
    for found, exact in ((each, expected), (to_hidden, exact_hidden.grad), (to_weight, exact_weight.grad)):
        assert exact is not None
        assert found.dtype == torch.float32
        assert (found - exact).abs().max() <= close * exact.abs().max()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_compiled_loss_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on CUDA, but compiled for the CPU: chunks of two sizes, the logits overwritten by their gradients."""
    monkeypatch.setattr(loss_rows, "LOGIT_BUFFER_BYTES", 4 * 128 * 20)
    hidden, weight, targets = torch.randn(33, 16), torch.randn(70, 16), torch.randint(70, (33,))
    expected = loss_rows.loss_and_gradients(hidden, weight, targets, torch.float32)
    alone = loss_rows.token_nats(hidden, weight, targets)
    monkeypatch.setattr(loss_rows, "_kernel", lambda function, device: torch.compile(function, fullgraph=True))
    for found, exact in zip(
        loss_rows.loss_and_gradients(hidden, weight, targets, torch.float32), expected, strict=True
    ):
        torch.testing.assert_close(found, exact, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(loss_rows.token_nats(hidden, weight, targets), alone)


@pytest.mark.parametrize("chunk_tokens", [5, 100])
def test_losses_alone_are_the_same_by_rows(chunk_tokens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_rows, "LOGIT_BUFFER_BYTES", 4 * 128 * chunk_tokens)
    hidden, weight, targets = torch.randn(33, 16), torch.randn(70, 16), torch.randint(70, (33,))
    expected = loss_columns.token_nats(hidden, weight, targets)
    torch.testing.assert_close(loss_rows.token_nats(hidden, weight, targets), expected)


@pytest.mark.parametrize(("size", "padded"), [(1, 128), (128, 128), (100_307, 100_352)])
def test_the_vocabulary_is_padded_for_products_alone(size: int, padded: int) -> None:
    assert padded_size(size) == padded
    weight = torch.randn(size, 2)
    assert torch.equal(pad_rows(weight)[:size], weight)
    assert pad_rows(weight)[size:].count_nonzero() == 0
    assert pad_rows(weight, torch.bfloat16).dtype == torch.bfloat16
    assert make_model(PLAIN).state_dict()["embedding.weight"].shape[0] == VOCABULARY

"""The memory arithmetic against what torch holds: exact for states, within a few percent for activations."""

import pytest
import torch
from torch import Tensor

from tests.docs.pages import rows, section
from trainer.compute import ComputeSettings
from trainer.memory import CL100K_VOCABULARY, activation_bytes, memory_table, training_memory
from trainer.model import Decoder
from trainer.presets import find_preset
from trainer.step import make_optimizer

TINY = find_preset("tiny")
VOCABULARY, ROWS, LENGTH = 300, 2, 96


def make_model(compute: ComputeSettings | None = None) -> Decoder:
    torch.manual_seed(0)
    return Decoder(TINY, VOCABULARY, compute)


def test_weights_gradients_and_moments_are_exact() -> None:
    model = make_model()
    optimizer = make_optimizer(model)
    ids = torch.randint(VOCABULARY, (ROWS, LENGTH))
    model(ids).mean().backward()
    optimizer.step()
    parameters = list(model.parameters())
    moments = [state[name] for state in optimizer.state.values() for name in ("exp_avg", "exp_avg_sq")]
    memory = training_memory(TINY, VOCABULARY, LENGTH, ROWS)
    assert memory.weights == sum(parameter.nbytes for parameter in parameters)
    assert memory.gradients == sum(parameter.grad.nbytes for parameter in parameters if parameter.grad is not None)
    assert memory.optimizer == sum(moment.nbytes for moment in moments)


def kept_bytes(model: Decoder, ids: Tensor) -> int:
    """Distinct storages that the forward pass keeps, but for the parameters."""
    known = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, Tensor] = {}  # tensors, so that no address is used twice

    def note(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in known:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor)
    with hooks, model.compute.autocast(torch.device("cpu")):
        model.hidden(ids)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


@pytest.mark.parametrize(("dtype", "product_bytes"), [("float32", 4), ("bfloat16", 2)])
@pytest.mark.parametrize("checkpointing", ["none", "blocks"])
def test_activations_are_what_torch_keeps(checkpointing: str, dtype: str, product_bytes: int) -> None:
    """A checkpointed block's own are made again in the backward pass, one block at a time."""
    ids = torch.randint(VOCABULARY, (ROWS, LENGTH))
    found = kept_bytes(make_model(ComputeSettings(activation_checkpointing=checkpointing, dtype=dtype)), ids)
    expected = activation_bytes(TINY, ROWS * LENGTH, product_bytes, checkpointing=checkpointing == "blocks")
    if checkpointing == "blocks":
        one_block = activation_bytes(TINY, ROWS * LENGTH, product_bytes, checkpointing=False) / TINY.layers
        assert expected - one_block == pytest.approx(found, rel=0.05)
    else:
        assert found == pytest.approx(expected, rel=0.03)


def test_shards_divide_the_states_alone() -> None:
    one, eight = (training_memory(find_preset("2.8b"), CL100K_VOCABULARY, 2048, 1, shards=shards) for shards in (1, 8))
    assert eight.optimizer == pytest.approx(one.optimizer / 8, rel=1e-6)
    assert (eight.activations, eight.loss, one.gathered) == (one.activations, one.loss, 0)
    assert one.total > eight.total > eight.gathered > 0


@pytest.mark.parametrize("length", [2048, 8192])
def test_the_page_shows_these_numbers(length: int) -> None:
    shown = list(rows(section("docs/training.md", f"### One row of {length:,} tokens")))[1:]
    assert [[row[0].strip("`"), *row[1:]] for row in shown] == memory_table(CL100K_VOCABULARY, length)

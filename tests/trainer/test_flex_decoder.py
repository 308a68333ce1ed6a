"""The decoder as CUDA computes it, but for the kernels: flex_attention, compiled, through autograd, on the CPU.

torch refuses gradients of flex_attention on the CPU, because its fused kernels for the CPU have none. Its reference
arithmetic does, so the refusal is taken away, and "aot_eager" runs all that compilation does short of kernels.
"""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch._dynamo.utils import counters
from torch.nn.attention import flex_attention as flex_module
from torch.nn.attention.flex_attention import BlockMask

from trainer import attention, model
from trainer.compute import ComputeSettings
from trainer.documents import document_layout
from trainer.presets import Preset

SHAPE = Preset("small", layers=3, width=64, heads=2, inner=64, learning_rate=1e-3)
VOCABULARY, LENGTH = 100, 300


@pytest.fixture(autouse=True)
def _reference_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.compiler.reset()
    counters.clear()
    monkeypatch.setattr(flex_module, "_validate_device", lambda query, key, value: None)
    flex = torch.compile(flex_module.flex_attention, backend="aot_eager")
    block = torch.compile(model._block, backend="aot_eager", fullgraph=True, dynamic=False)
    monkeypatch.setattr(attention, "_compiled_flex_attention", lambda: flex)
    monkeypatch.setattr(model, "_compiled_block", lambda: block)


def passes(compute: ComputeSettings) -> list[list[Tensor]]:
    """Hidden states and gradients of three batches, whose documents lie differently."""
    torch.manual_seed(0)
    decoder = model.Decoder(SHAPE, VOCABULARY, compute)
    found = []
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        ids = torch.randint(VOCABULARY, (2, LENGTH), generator=generator)
        layout = document_layout([np.array([0, 128, 200 + seed]), np.array([50])], LENGTH)
        hidden = decoder.hidden(ids, *map(torch.from_numpy, layout))
        decoder.zero_grad()
        (hidden * torch.randn(hidden.shape, generator=generator)).mean().backward()
        found.append([hidden.detach(), *(parameter.grad.clone() for parameter in decoder.parameters())])
    return found


@pytest.mark.filterwarnings("default")
def test_flex_attention_trains_the_same_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = passes(ComputeSettings())
    masks: list[BlockMask] = []

    def make_block_mask(documents: Tensor, _rows: Tensor, *, fixed_shapes: bool) -> BlockMask:
        masks.append(attention.block_mask(documents))
        return masks[-1]

    monkeypatch.setattr(model, "make_mask", make_block_mask)
    for compile_blocks in (False, True):
        for checkpointing in ("none", "blocks"):
            counters.clear()
            found = passes(ComputeSettings(compile_blocks, checkpointing))
            for mine, theirs in zip(found, expected, strict=True):
                for one, other in zip(mine, theirs, strict=True):
                    torch.testing.assert_close(one, other, atol=2e-6, rtol=1e-3)
            # One compilation serves every layer, every batch and both runs of a checkpointed block.
            assert counters["stats"]["unique_graphs"] == (0 if checkpointing == "blocks" else 1)
    assert len(masks) == 12

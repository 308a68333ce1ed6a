"""Next-token cross-entropy that never holds all logits: gradients are made chunk by chunk in the forward pass.

4,096 tokens times a 100k vocabulary are 1.6 GB of logits, as much again for their gradient. Here one buffer is reused
(on the CPU fresh pages cost more than the arithmetic: measured 3.8 s against 0.9 s a step on two cores), and because
the gradient follows from the same numbers no logit is computed twice (the idea of Liger Kernel's fused linear
cross-entropy). How a chunk is computed depends on the device: `loss_columns` on the CPU, `loss_rows` on CUDA.
"""

from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from trainer import loss_columns, loss_rows
from trainer.padding import pad_rows


def next_token_loss(hidden: Tensor, embedding: Tensor, targets: Tensor, method: str = "fused") -> tuple[Tensor, Tensor]:
    """Mean cross-entropy in nats (float32 scalar, differentiable) and each token's own (float32, detached).

    `hidden` is float [tokens, width], `embedding` float32 [vocabulary, width], `targets` int64 [tokens]. Products run
    in autocast's type where autocast is on, sums always in float32. `method` "plain" holds all logits.
    """
    if method == "plain":
        each = _plain_loss(hidden, embedding, targets)
        return each.mean(), each.detach()
    mean, each = _FusedLoss.apply(hidden, embedding, targets, _product_dtype(hidden))  # type: ignore[no-untyped-call]
    return mean, each


@torch.no_grad()
def next_token_nats(hidden: Tensor, embedding: Tensor, targets: Tensor) -> Tensor:
    """The same cross-entropy of each token, float32 [tokens], without gradients: a third of the work, one buffer."""
    dtype = _product_dtype(hidden)
    with torch.autocast(hidden.device.type, enabled=False):
        nats: Tensor = _chunks_of(hidden).token_nats(hidden.to(dtype), embedding.to(dtype), targets)
    return nats


class _FusedLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, embedding: Tensor, targets: Tensor, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast(hidden.device.type, enabled=False):
            each, to_hidden, to_embedding = _chunks_of(hidden).loss_and_gradients(hidden, embedding, targets, dtype)
        ctx.save_for_backward(to_hidden.to(hidden.dtype), to_embedding)
        ctx.mark_non_differentiable(each)
        return each.mean(), each

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, to_mean: Tensor, _to_each: Tensor) -> tuple[Tensor, Tensor, None, None]:
        to_hidden, to_embedding = ctx.saved_tensors
        return to_hidden * to_mean, to_embedding * to_mean, None, None


def _chunks_of(hidden: Tensor) -> ModuleType:
    return loss_rows if hidden.device.type == "cuda" else loss_columns


def _product_dtype(hidden: Tensor) -> torch.dtype:
    device = hidden.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else torch.float32


def _plain_loss(hidden: Tensor, embedding: Tensor, targets: Tensor) -> Tensor:
    logits = F.linear(hidden, pad_rows(embedding))[:, : len(embedding)]
    return F.cross_entropy(logits.float(), targets, reduction="none")

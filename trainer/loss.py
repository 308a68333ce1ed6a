"""Next-token cross-entropy that never holds all logits: gradients are made chunk by chunk in the forward pass.

4,096 tokens times a 100k vocabulary are 1.6 GB of logits, as much again for their gradient. Here one buffer of a few
dozen MiB is reused (fresh pages cost more than the arithmetic: measured 3.8 s against 0.9 s a step on two cores), and
because the gradient follows from the same numbers no logit is computed twice (the idea of Liger Kernel's fused linear
cross-entropy). The buffer is [vocabulary, tokens]: that orientation was the fastest on the CPU.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

LOGIT_BUFFER_BYTES = {"cpu": 100 << 20, "cuda": 512 << 20}  # CPU: best of 25 to 200 MB, measured

FLOAT32_BYTES = 4
TOKENS_PER_CACHE_LINE = 64 // FLOAT32_BYTES  # an odd number of columns halves the speed


def next_token_loss(hidden: Tensor, embedding: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy in nats (float32 scalar, differentiable) and each token's own (float32, detached).

    `hidden` is float [tokens, width], `embedding` float32 [vocabulary, width], `targets` int64 [tokens]. Products run
    in autocast's type where autocast is on, sums always in float32.
    """
    device = hidden.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else torch.float32
    mean, each = _FusedLoss.apply(hidden, embedding, targets, dtype)  # type: ignore[no-untyped-call]
    return mean, each


@torch.no_grad()
def next_token_nats(hidden: Tensor, embedding: Tensor, targets: Tensor) -> Tensor:
    """The same cross-entropy of each token, float32 [tokens], without gradients: a third of the work, one buffer."""
    device = hidden.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else torch.float32
    each = torch.empty(len(hidden), dtype=torch.float32, device=hidden.device)
    with torch.autocast(device, enabled=False):
        states, weight = hidden.to(dtype), embedding.to(dtype)
        chunk_tokens = _chunk_tokens(len(hidden), len(weight), device)
        buffer = torch.empty(len(weight) * chunk_tokens, dtype=dtype, device=hidden.device)
        for start in range(0, len(hidden), chunk_tokens):
            part = slice(start, min(start + chunk_tokens, len(hidden)))
            logits = buffer[: len(weight) * (part.stop - start)].view(len(weight), part.stop - start)
            torch.mm(weight, states[part].T, out=logits)
            each[part] = _exponentials(logits, targets[part])[0]
    return each


class _FusedLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, embedding: Tensor, targets: Tensor, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast(hidden.device.type, enabled=False):
            each, to_hidden, to_embedding = _loss_and_gradients(hidden, embedding, targets, dtype)
        ctx.save_for_backward(to_hidden.to(hidden.dtype), to_embedding)
        ctx.mark_non_differentiable(each)
        return each.mean(), each

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, to_mean: Tensor, _to_each: Tensor) -> tuple[Tensor, Tensor, None, None]:
        to_hidden, to_embedding = ctx.saved_tensors
        return to_hidden * to_mean, to_embedding * to_mean, None, None


def _loss_and_gradients(
    hidden: Tensor, embedding: Tensor, targets: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor]:
    """Every token's loss, and the mean loss' gradients to `hidden` and `embedding`, all float32."""
    tokens, vocabulary = hidden.shape[0], embedding.shape[0]
    states, weight = hidden.to(dtype), embedding.to(dtype)
    chunk_tokens = _chunk_tokens(tokens, vocabulary, hidden.device.type)
    buffer = torch.empty(vocabulary * chunk_tokens, dtype=dtype, device=hidden.device)
    partial = torch.empty_like(weight)
    each = torch.empty(tokens, dtype=torch.float32, device=hidden.device)
    to_hidden = torch.empty(hidden.shape, dtype=torch.float32, device=hidden.device)
    to_embedding = torch.zeros(embedding.shape, dtype=torch.float32, device=hidden.device)
    for start in range(0, tokens, chunk_tokens):
        part = slice(start, min(start + chunk_tokens, tokens))
        here, wanted = states[part], targets[part]
        logits = buffer[: vocabulary * len(here)].view(vocabulary, len(here))
        torch.mm(weight, here.T, out=logits)
        each[part], weights, total = _exponentials(logits, wanted)
        to_hidden[part] = torch.mm(weights.T.to(dtype), weight).float() / total[:, None] - embedding[wanted]
        torch.mm(weights.to(dtype), (here / total[:, None]).to(dtype), out=partial)
        to_embedding += partial
    to_embedding.index_add_(0, targets, -hidden.float())
    return each, to_hidden.div_(tokens), to_embedding.div_(tokens)


def _chunk_tokens(tokens: int, vocabulary: int, device: str) -> int:
    """How many tokens' logits fit the buffer: whole cache lines where there is room for one."""
    fitting = LOGIT_BUFFER_BYTES[device] // (FLOAT32_BYTES * vocabulary)
    if fitting >= TOKENS_PER_CACHE_LINE:
        fitting -= fitting % TOKENS_PER_CACHE_LINE
    return max(1, min(tokens, fitting))


def _exponentials(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Losses [tokens], exp(logit - the token's largest) [vocabulary, tokens] and their sums; may reuse `logits`."""
    values = logits.float()
    largest = values.amax(dim=0)
    wanted = values.gather(0, targets[None])[0]
    values.sub_(largest).exp_()
    total = values.sum(dim=0)
    return total.log() + largest - wanted, values, total

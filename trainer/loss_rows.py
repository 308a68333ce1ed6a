"""Cross-entropy chunk by chunk with logits [tokens, vocabulary]: for CUDA.

A GPU's products are fast beside its memory, so passes over the logits decide. With a row a token one compiled kernel
reads a row, reads it again and writes the gradient over it, in the products' type: about 8 bytes of traffic a logit
where separate operations in float32 need 40. No atomic addition is involved, so a run repeats bit for bit.
"""

from functools import cache
from typing import Any

import torch
from torch import Tensor

from trainer.any_rows import any_rows
from trainer.padding import pad_rows

LOGIT_BUFFER_BYTES = 1 << 30  # each chunk also reads and writes the embedding's gradient, so few and large ones


def loss_and_gradients(
    hidden: Tensor, embedding: Tensor, targets: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor]:
    """Every token's loss, and the mean loss' gradients to `hidden` and `embedding`, all float32.

    Products have factors of `dtype`.
    """
    tokens, vocabulary = hidden.shape[0], embedding.shape[0]
    states, weight = hidden.to(dtype), pad_rows(embedding, dtype)
    buffer, partial = _buffer(tokens, weight), torch.empty_like(weight)
    each = torch.empty(tokens, dtype=torch.float32, device=hidden.device)
    to_hidden = torch.empty(hidden.shape, dtype=torch.float32, device=hidden.device)
    to_embedding = torch.zeros(weight.shape, dtype=torch.float32, device=hidden.device)
    to_gradients = _kernel(_to_gradients, hidden.device.type)
    for start in range(0, tokens, len(buffer)):
        part = slice(start, min(start + len(buffer), tokens))
        here, logits = states[part], buffer[: part.stop - start]
        torch.mm(here, weight.T, out=logits)
        any_rows(logits, wanted := targets[part])
        each[part] = to_gradients(logits, wanted, vocabulary)
        to_hidden[part] = torch.mm(logits, weight)
        torch.mm(logits.T, here, out=partial)
        to_embedding += partial
    return each, to_hidden.div_(tokens), to_embedding[:vocabulary].div_(tokens)


def token_nats(states: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Every token's loss alone, float32; `states` [tokens, width] and `weight` [vocabulary, width] of one type."""
    vocabulary, weight = len(weight), pad_rows(weight)
    buffer = _buffer(len(states), weight)
    each = torch.empty(len(states), dtype=torch.float32, device=states.device)
    to_nats = _kernel(_to_nats, states.device.type)
    for start in range(0, len(states), len(buffer)):
        part = slice(start, min(start + len(buffer), len(states)))
        logits = buffer[: part.stop - start]
        torch.mm(states[part], weight.T, out=logits)
        any_rows(logits, wanted := targets[part])
        each[part] = to_nats(logits, wanted, vocabulary)
    return each


def _buffer(tokens: int, weight: Tensor) -> Tensor:
    """Room for a chunk's logits, [tokens, padded vocabulary]."""
    fitting = LOGIT_BUFFER_BYTES // (weight.element_size() * len(weight))
    return torch.empty((max(1, min(tokens, fitting)), len(weight)), dtype=weight.dtype, device=weight.device)


def _to_gradients(logits: Tensor, targets: Tensor, vocabulary: int) -> Tensor:
    """Losses [tokens]; `logits` become their gradients, those of the padding 0."""
    column = torch.arange(logits.shape[1], device=logits.device)
    values = logits.float().masked_fill(column >= vocabulary, float("-inf"))
    is_target = column == targets[:, None]
    shifted = values - values.amax(dim=1, keepdim=True)
    exponentials = shifted.exp()
    total = exponentials.sum(dim=1, keepdim=True)
    wanted = torch.where(is_target, shifted, 0.0).sum(dim=1)
    logits.copy_(exponentials / total - is_target.float())
    return total[:, 0].log() - wanted


def _to_nats(logits: Tensor, targets: Tensor, vocabulary: int) -> Tensor:
    """Losses [tokens]."""
    values = logits[:, :vocabulary].float()
    return values.logsumexp(dim=1) - values.gather(1, targets[:, None])[:, 0]


@cache
def _kernel(function: Any, device: str) -> Any:
    """Compiled for CUDA, where this is what makes it fast; the number of tokens may vary."""
    return torch.compile(function) if device == "cuda" else function

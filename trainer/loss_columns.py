"""Cross-entropy chunk by chunk with logits [vocabulary, tokens]: the orientation that was the fastest on the CPU."""

import torch
from torch import Tensor

LOGIT_BUFFER_BYTES = 100 << 20  # best of 25 to 200 MB, measured

FLOAT32_BYTES = 4
TOKENS_PER_CACHE_LINE = 64 // FLOAT32_BYTES  # an odd number of columns halves the speed


def loss_and_gradients(
    hidden: Tensor, embedding: Tensor, targets: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor]:
    """Every token's loss, and the mean loss' gradients to `hidden` and `embedding`, all float32.

    Products have factors of `dtype`.
    """
    tokens, vocabulary = hidden.shape[0], embedding.shape[0]
    states, weight = hidden.to(dtype), embedding.to(dtype)
    chunk_tokens = _chunk_tokens(tokens, vocabulary)
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


def token_nats(states: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Every token's loss alone, float32; `states` [tokens, width] and `weight` [vocabulary, width] of one type."""
    each = torch.empty(len(states), dtype=torch.float32, device=states.device)
    chunk_tokens = _chunk_tokens(len(states), len(weight))
    buffer = torch.empty(len(weight) * chunk_tokens, dtype=weight.dtype, device=states.device)
    for start in range(0, len(states), chunk_tokens):
        part = slice(start, min(start + chunk_tokens, len(states)))
        logits = buffer[: len(weight) * (part.stop - start)].view(len(weight), part.stop - start)
        torch.mm(weight, states[part].T, out=logits)
        each[part] = _exponentials(logits, targets[part])[0]
    return each


def _chunk_tokens(tokens: int, vocabulary: int) -> int:
    """How many tokens' logits fit the buffer: whole cache lines where there is room for one."""
    fitting = LOGIT_BUFFER_BYTES // (FLOAT32_BYTES * vocabulary)
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

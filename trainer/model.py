"""The decoder: parallel attention and SwiGLU feed-forward, rotary positions, no bias, tied embedding.

The paper (arXiv 2408.10914) names the parts: parallel block, SwiGLU, no dense bias. How they fit together follows
PaLM (Chowdhery et al. 2022, section 2): one norm feeds both halves of a block, no biases in norms either, shared
input and output embedding. A block is therefore two matrix products: one in, one out.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.presets import Preset

ROPE_BASE = 10_000.0  # Su et al. 2021, RoFormer
EMBEDDING_STD = 0.02  # GPT-2; with a tied embedding it makes the first loss about ln(vocabulary)


class Decoder(nn.Module):
    """Token ids to logits; `preset` gives the shape, `vocabulary_size` the number of ids."""

    def __init__(self, preset: Preset, vocabulary_size: int) -> None:
        super().__init__()
        self.preset = preset
        self.embedding = nn.Embedding(vocabulary_size, preset.width)
        self.blocks = nn.ModuleList(_Block(preset) for _ in range(preset.layers))
        self.norm = nn.LayerNorm(preset.width, bias=False)
        self.register_buffer("_frequencies", _rotary_frequencies(preset.head_width), persistent=False)
        nn.init.normal_(self.embedding.weight, std=EMBEDDING_STD)

    def hidden(self, input_ids: Tensor, documents: Tensor | None = None, positions: Tensor | None = None) -> Tensor:
        """Final hidden states, float [rows, length, width], of int64 `input_ids` [rows, length].

        `documents` and `positions` (int64, same shape, see `trainer.documents`) keep attention inside documents;
        without `documents` a token attends to everything before it, without `positions` they count from 0.
        """
        length = input_ids.shape[1]
        if positions is None:
            positions = torch.arange(length, device=input_ids.device).expand_as(input_ids)
        mask = None if documents is None else _document_mask(documents)
        rotation = _rotation(positions, self.get_buffer("_frequencies"))
        states: Tensor = self.embedding(input_ids)
        for block in self.blocks:
            states = block(states, rotation, mask)
        final: Tensor = self.norm(states)
        return final

    def forward(self, input_ids: Tensor, documents: Tensor | None = None, positions: Tensor | None = None) -> Tensor:
        """Logits, float [rows, length, vocabulary]; training uses `hidden` and never builds them whole."""
        return F.linear(self.hidden(input_ids, documents, positions), self.embedding.weight)


class _Block(nn.Module):
    """x + Out(attention(norm x), swiglu(norm x)); the five inputs of both halves come from one product."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        width, inner = preset.width, preset.inner
        self._heads = preset.heads
        self._parts = [width, width, width, inner, inner]
        self.norm = nn.LayerNorm(width, bias=False)
        self.enter = nn.Linear(width, sum(self._parts), bias=False)
        self.leave = nn.Linear(width + inner, width, bias=False)
        nn.init.normal_(self.enter.weight, std=1 / math.sqrt(width))
        # One addition to the residual stream per block: its variance stays that of one block (GPT-2's rule).
        nn.init.normal_(self.leave.weight, std=1 / math.sqrt((width + inner) * preset.layers))

    def forward(self, states: Tensor, rotation: tuple[Tensor, Tensor], mask: Tensor | None) -> Tensor:
        query, key, value, gate, up = self.enter(self.norm(states)).split(self._parts, dim=-1)
        query, key = _rotate(self._split(query), rotation), _rotate(self._split(key), rotation)
        attended = F.scaled_dot_product_attention(
            query, key, self._split(value), attn_mask=mask, is_causal=mask is None
        )
        merged = attended.transpose(1, 2).flatten(2)
        leaving: Tensor = self.leave(torch.cat((merged, F.silu(gate) * up), dim=-1))
        return states + leaving

    def _split(self, states: Tensor) -> Tensor:
        """[rows, length, width] to [rows, heads, length, head width]."""
        rows, length, width = states.shape
        return states.view(rows, length, self._heads, width // self._heads).transpose(1, 2)


def _document_mask(documents: Tensor) -> Tensor:
    """Bool [rows, 1, length, length]: true where the column is in the row's document and not after it."""
    length = documents.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=documents.device).tril()
    return (causal & (documents[:, :, None] == documents[:, None, :]))[:, None]


def _rotary_frequencies(head_width: int) -> Tensor:
    """Radians per position, float32 [head width / 2]."""
    exponents = torch.arange(0, head_width, 2, dtype=torch.float32) / head_width
    return ROPE_BASE**-exponents


def _rotation(positions: Tensor, frequencies: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine, float32 [rows, 1, length, head width / 2], for int64 `positions` [rows, length]."""
    angles = positions[:, None, :, None].float() * frequencies
    return angles.cos(), angles.sin()


def _rotate(states: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turn the pairs (i, i + half) of each head by the position's angle; keeps the type of `states`."""
    cosine, sine = rotation
    first, second = states.float().chunk(2, dim=-1)
    turned = torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
    return turned.type_as(states)

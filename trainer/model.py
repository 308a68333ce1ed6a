"""The decoder: parallel attention and SwiGLU feed-forward, rotary positions, no bias, tied embedding.

The paper (arXiv 2408.10914) names the parts: parallel block, SwiGLU, no dense bias. How they fit together follows
PaLM (Chowdhery et al. 2022, section 2): one norm feeds both halves of a block, no biases in norms either, shared
input and output embedding. A block therefore has two dense weights: one in, one out.
"""

import math
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from trainer.attention import Mask, attend, make_mask
from trainer.compute import ComputeSettings
from trainer.presets import Preset

ROPE_BASE = 10_000.0  # Su et al. 2021, RoFormer
EMBEDDING_STD = 0.02  # GPT-2; with a tied embedding it makes the first loss about ln(vocabulary)

Rotation = tuple[Tensor, Tensor]  # cosine and sine, see _rotation


class Decoder(nn.Module):
    """Token ids to logits; `preset` gives the shape, `vocabulary_size` the number of ids, `compute` the way."""

    def __init__(self, preset: Preset, vocabulary_size: int, compute: ComputeSettings | None = None) -> None:
        super().__init__()
        self.preset = preset
        self.compute = ComputeSettings() if compute is None else compute
        self.embedding = nn.Embedding(vocabulary_size, preset.width)
        self.blocks = nn.ModuleList(_Block(preset, self.compute) for _ in range(preset.layers))
        self.norm = nn.LayerNorm(preset.width, bias=False)
        self.register_buffer("_frequencies", _rotary_frequencies(preset.head_width), persistent=False)
        nn.init.normal_(self.embedding.weight, std=EMBEDDING_STD)

    def hidden(self, input_ids: Tensor, documents: Tensor | None = None, positions: Tensor | None = None) -> Tensor:
        """Final hidden states, float [rows, length, width], of int64 `input_ids` [rows, length].

        `documents` and `positions` (int64, same shape, see `trainer.documents`) keep attention inside documents;
        without `documents` a token attends to everything before it, without `positions` they count from 0. The number
        of a row's documents never falls.
        """
        if positions is None:
            positions = torch.arange(input_ids.shape[1], device=input_ids.device).expand_as(input_ids)
        mask = make_mask(documents, input_ids, fixed_shapes=_is_compiled(self.compute))
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

    def __init__(self, preset: Preset, compute: ComputeSettings) -> None:
        super().__init__()
        width, inner = preset.width, preset.inner
        self._heads, self._compute = preset.heads, compute
        self.norm = nn.LayerNorm(width, bias=False)
        self.enter = nn.Linear(width, 3 * width + 2 * inner, bias=False)
        self.leave = nn.Linear(width + inner, width, bias=False)
        nn.init.normal_(self.enter.weight, std=1 / math.sqrt(width))
        # One addition to the residual stream per block: its variance stays that of one block (GPT-2's rule).
        nn.init.normal_(self.leave.weight, std=1 / math.sqrt((width + inner) * preset.layers))

    def forward(self, states: Tensor, rotation: Rotation, mask: Mask) -> Tensor:
        if self._compute.activation_checkpointing == "blocks" and torch.is_grad_enabled():
            # Nothing random is in a block, so no random state needs to be kept for the second run.
            again: Tensor = checkpoint(
                self._apply_weights, states, rotation, mask, use_reentrant=False, preserve_rng_state=False
            )
            return again
        return self._apply_weights(states, rotation, mask)

    def _apply_weights(self, states: Tensor, rotation: Rotation, mask: Mask) -> Tensor:
        function = _compiled_block() if _is_compiled(self._compute) else _block
        weights = self.norm.weight, self.enter.weight, self.leave.weight
        leaving: Tensor = function(states, weights, rotation, mask, self._heads)
        return leaving


def _block(
    states: Tensor, weights: tuple[Tensor, Tensor, Tensor], rotation: Rotation, mask: Mask, heads: int
) -> Tensor:
    """A block as a function of its weights: compiled once, it serves all of them, sharded or not.

    Each part of a weight has its own product. One wide product is a little faster by itself, but joining the parts'
    gradients for it takes longer than that saves: on an H200 an eighth of the whole step (benchmarks/RESULTS.md).
    """
    gain, enter, leave = weights
    width = states.shape[-1]
    inner = leave.shape[1] - width
    normed = F.layer_norm(states, (width,), gain)
    query, key, value, gate, up = (F.linear(normed, part) for part in torch.split(enter, [width] * 3 + [inner] * 2))
    query, key = _rotate(_split(query, heads), rotation), _rotate(_split(key, heads), rotation)
    attended = attend(query, key, _split(value, heads), mask).transpose(1, 2).flatten(2)
    from_attention, from_feed_forward = torch.split(leave, [width, inner], dim=1)
    return states + F.linear(attended, from_attention) + F.linear(F.silu(gate) * up, from_feed_forward)


@cache
def _compiled_block() -> Any:
    """`_block` for fixed shapes: a run has one, and one more where the last micro batch of a step is smaller."""
    return torch.compile(_block, fullgraph=True, dynamic=False)


def _is_compiled(compute: ComputeSettings) -> bool:
    """Measuring, with its many shapes, is not worth a compilation each."""
    return compute.compile and torch.is_grad_enabled()


def _split(states: Tensor, heads: int) -> Tensor:
    """[rows, length, width] to [rows, heads, length, head width]."""
    rows, length, width = states.shape
    return states.view(rows, length, heads, width // heads).transpose(1, 2)


def _rotary_frequencies(head_width: int) -> Tensor:
    """Radians per position, float32 [head width / 2]."""
    exponents = torch.arange(0, head_width, 2, dtype=torch.float32) / head_width
    return ROPE_BASE**-exponents


def _rotation(positions: Tensor, frequencies: Tensor) -> Rotation:
    """Cosine and sine, float32 [rows, 1, length, head width / 2], for int64 `positions` [rows, length]."""
    angles = positions[:, None, :, None].float() * frequencies
    return angles.cos(), angles.sin()


def _rotate(states: Tensor, rotation: Rotation) -> Tensor:
    """Turn the pairs (i, i + half) of each head by the position's angle; keeps the type of `states`."""
    cosine, sine = rotation
    first, second = states.float().chunk(2, dim=-1)
    turned = torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
    return turned.type_as(states)

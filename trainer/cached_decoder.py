"""The decoder one piece at a time: keys and values of what was read are kept, so a new token costs one token.

The arithmetic is `trainer.model`'s, over its own weights; a test holds the two together.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.model import ROPE_BASE, Decoder


class CachedDecoder:
    """Reads rows of one batch piece by piece; rows may begin at different columns (padding stands on the left)."""

    def __init__(self, model: Decoder, first_columns: Tensor, capacity_tokens: int) -> None:
        """`first_columns`, int64 [rows]: where each row's text begins; at most `capacity_tokens` columns are read."""
        preset = model.preset
        self._model, self._first = model, first_columns
        shape = (preset.layers, 2, len(first_columns), preset.heads, capacity_tokens, preset.head_width)
        self._cache = torch.zeros(shape, dtype=model.embedding.weight.dtype, device=first_columns.device)
        exponents = torch.arange(0, preset.head_width, 2, dtype=torch.float32) / preset.head_width
        self._frequencies = (ROPE_BASE**-exponents).to(first_columns.device)
        self._read = 0  # columns in the cache

    @torch.no_grad()
    def read(self, input_ids: Tensor) -> Tensor:
        """Final hidden states of the last column, float [rows, width], after int64 `input_ids` [rows, columns]."""
        columns = torch.arange(self._read, self._read + input_ids.shape[1], device=input_ids.device)
        positions = (columns[None] - self._first[:, None]).clamp(min=0)
        angles = positions[:, None, :, None].float() * self._frequencies
        rotation = angles.cos(), angles.sin()
        mask = self._mask(columns)
        states: Tensor = self._model.embedding(input_ids)
        for number, block in enumerate(self._model.blocks):
            states = self._through(block, number, states, rotation, mask)
        self._read += input_ids.shape[1]
        final: Tensor = self._model.norm(states[:, -1])
        return final

    def keep_rows(self, rows: Tensor) -> None:
        """Go on with these rows alone, int64 [kept]."""
        self._cache, self._first = self._cache[:, :, rows], self._first[rows]

    def _mask(self, columns: Tensor) -> Tensor:
        """Bool [rows, 1, columns, read so far]: true for text of the row that is not after the column.

        Padding attends to itself, since a row of a mask without any true entry has no softmax.
        """
        keys = torch.arange(int(columns[-1]) + 1, device=columns.device)
        seen = (keys <= columns[:, None]) & ((keys >= self._first[:, None, None]) | (keys == columns[:, None]))
        return seen[:, None]

    def _through(
        self, block: torch.nn.Module, number: int, states: Tensor, rotation: tuple[Tensor, Tensor], mask: Tensor
    ) -> Tensor:
        preset = self._model.preset
        widths = [preset.width, preset.width, preset.width, preset.inner, preset.inner]
        entered: Tensor = block.get_submodule("enter")(block.get_submodule("norm")(states))
        query, key, value, gate, up = torch.split(entered, widths, dim=-1)
        end = self._read + states.shape[1]
        keys, values = self._cache[number, 0], self._cache[number, 1]
        keys[:, :, self._read : end] = _rotate(self._heads(key), rotation)
        values[:, :, self._read : end] = self._heads(value)
        query = _rotate(self._heads(query), rotation)
        attended = F.scaled_dot_product_attention(query, keys[:, :, :end], values[:, :, :end], attn_mask=mask)
        merged = attended.transpose(1, 2).flatten(2)
        leaving: Tensor = block.get_submodule("leave")(torch.cat((merged, F.silu(gate) * up), dim=-1))
        return states + leaving

    def _heads(self, states: Tensor) -> Tensor:
        """[rows, columns, width] to [rows, heads, columns, head width]."""
        rows, columns, width = states.shape
        heads = self._model.preset.heads
        return states.view(rows, columns, heads, width // heads).transpose(1, 2)


def _rotate(states: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turn the pairs (i, i + half) of each head by the position's angle; keeps the type of `states`."""
    cosine, sine = rotation
    first, second = states.float().chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1).type_as(states)

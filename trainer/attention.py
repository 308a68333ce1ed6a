"""Causal attention that stays inside documents, through PyTorch's own fused kernels; the device decides which.

- CUDA: `flex_attention`, compiled, with a block mask. Blocks that hold other documents only are not computed, no mask
  lies in memory, and the backward pass adds in a fixed order: flash attention's does not, and a run would not repeat.
  Without documents and without gradients there is nothing to win, nor in rows shorter than a block.
- CPU: scaled dot-product attention, one call a document. Against one call with a mask it takes two thirds of the time
  at rows of 512 tokens, a third at 2,048, a twelfth at 8,192 (benchmarks/document_attention.py).
- What is left (the CPU in compiled code, a GPU without Triton): one call with a bool mask, whose shape is fixed.

All give the same numbers up to the order of sums.
"""

from functools import cache
from importlib.util import find_spec
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention.flex_attention import BlockMask, flex_attention

from trainer.any_rows import any_rows, any_rows_of_mask

BLOCK_TOKENS = 128  # flex_attention's own block size

DocumentLengths: TypeAlias = list[list[int]]  # tokens of every document of every row
Mask: TypeAlias = BlockMask | Tensor | DocumentLengths | None


def make_mask(documents: Tensor | None, rows: Tensor, *, fixed_shapes: bool) -> Mask:
    """What `attend` needs to keep a batch of `rows` [rows, length] inside `documents`; made once, used by all layers.

    `documents` is int64, of the same shape, and never falls along a row: equal numbers are one document. Without it a
    token attends to everything before it. `fixed_shapes` asks for a mask whose shapes do not follow the documents.
    """
    on_cuda = rows.device.type == "cuda"
    if on_cuda and rows.shape[1] >= BLOCK_TOKENS and find_spec("triton") is not None:
        if documents is None and torch.is_grad_enabled():
            documents = torch.zeros_like(rows)
        if documents is None:
            return None
        mask = block_mask(documents)
        if not fixed_shapes:
            any_rows_of_mask(mask)
        return mask
    if documents is None:
        return None
    return dense_mask(documents) if fixed_shapes or on_cuda else document_lengths(documents)


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Mask) -> Tensor:
    """Attention of [rows, heads, length, head width] tensors under a mask of `make_mask`; the same shape."""
    if mask is None:
        return F.scaled_dot_product_attention(query, key, value, is_causal=True)
    if isinstance(mask, Tensor):
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    if isinstance(mask, list):
        return _attend_each(query, key, value, mask)
    return _attend_blocks(query, key, value, mask)


def dense_mask(documents: Tensor) -> Tensor:
    """Bool [rows, 1, length, length]: true where the column is in the row's document and not after it."""
    length = documents.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=documents.device).tril()
    return (causal & (documents[:, :, None] == documents[:, None, :]))[:, None]


def document_lengths(documents: Tensor) -> DocumentLengths:
    """Tokens of every document, row by row, in order."""
    return [torch.unique_consecutive(row, return_counts=True)[1].tolist() for row in documents]


def block_mask(documents: Tensor) -> BlockMask:
    """flex_attention's mask, from the documents of each block's first and last token alone.

    Numbers never fall along a row, so a block of keys before the queries' own block has something for them when its
    last token is in the document of their first one, and everything when its first token is in that of their last one.
    """
    documents, length = documents.to(torch.int32), documents.shape[1]  # kernels read it
    any_rows(documents)
    first = documents[:, ::BLOCK_TOKENS]
    ends = torch.arange(BLOCK_TOKENS - 1, length + BLOCK_TOKENS - 1, BLOCK_TOKENS, device=documents.device)
    last = documents[:, ends.clamp(max=length - 1)]
    block = torch.arange(first.shape[1], device=documents.device)
    earlier = block[None, :] < block[:, None]
    complete = (ends < length)[:, None]  # torch masks what stands behind the row's end token by token
    whole = earlier & complete & (first[:, None, :] == last[:, :, None])
    part = (block[None, :] == block[:, None]) | (earlier & (last[:, None, :] == first[:, :, None]) & ~whole)

    def sees(row: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return (key <= query) & (documents[row, query] == documents[row, key])

    return BlockMask.from_kv_blocks(
        *_listed(part), *_listed(whole), BLOCK_SIZE=BLOCK_TOKENS, mask_mod=sees, seq_lengths=(length, length)
    )


def _listed(blocks: Tensor) -> tuple[Tensor, Tensor]:
    """Bool [rows, query blocks, key blocks] to int32 counts and, chosen ones first, key blocks; with a head's axis."""
    order = blocks.to(torch.int8).argsort(dim=-1, descending=True, stable=True)
    return blocks.sum(dim=-1, dtype=torch.int32)[:, None], order.to(torch.int32)[:, None]


def _attend_each(query: Tensor, key: Tensor, value: Tensor, lengths: DocumentLengths) -> Tensor:
    rows, heads, length, head_width = query.shape
    attended = []
    for row, parts in enumerate(lengths):
        split = (torch.split(states[row : row + 1], parts, dim=2) for states in (query, key, value))
        attended += [
            F.scaled_dot_product_attention(asking, asked, answer, is_causal=True)
            for asking, asked, answer in zip(*split, strict=True)
        ]
    return torch.cat(attended, dim=2).view(heads, rows, length, head_width).transpose(0, 1)


def _attend_blocks(query: Tensor, key: Tensor, value: Tensor, mask: BlockMask) -> Tensor:
    # Fused only when compiled: alone here, or as a part of the compiled code that calls this.
    if torch.compiler.is_compiling():
        return flex_attention(query, key, value, block_mask=mask)
    any_rows(query, key, value)
    attended: Tensor = _compiled_flex_attention()(query, key, value, block_mask=mask)
    return attended


@cache
def _compiled_flex_attention() -> Any:
    return torch.compile(flex_attention)

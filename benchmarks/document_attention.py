"""Attention inside documents on the CPU: one call a document, one call with a bool mask, and plainly causal."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from benchmarks.harness import interleaved, machine
from trainer.attention import Mask, attend, dense_mask, document_lengths
from trainer.documents import document_layout
from trainer.presets import find_preset

ROWS = 4
CASES = ((512, 200), (2048, 600), (2048, 100), (8192, 600))  # tokens in a row, mean tokens of a document


def candidates(length: int, document_tokens: int) -> dict[str, Callable[[], None]]:
    """Forward and backward pass of one layer's attention in the tiny preset; making the mask counts."""
    preset = find_preset("tiny")
    generator = np.random.default_rng(0)
    starts = [np.flatnonzero(generator.random(length) < 1 / document_tokens) for _ in range(ROWS)]
    documents = torch.from_numpy(document_layout(starts, length)[0])
    drawn = torch.randn(ROWS, length, 3, preset.heads, preset.head_width)
    states = [part.transpose(1, 2).requires_grad_() for part in drawn.unbind(2)]

    def run(make_mask: Callable[[Tensor], Mask]) -> None:
        attend(*states, make_mask(documents)).sum().backward()

    return {
        "by document": partial(run, document_lengths),
        "bool mask": partial(run, dense_mask),
        "causal, across documents": partial(run, lambda _: None),
    }


def run(quick: bool) -> None:
    """Print CPU seconds of each way."""
    torch.set_num_threads(1)
    print(f"{machine()}, torch {torch.__version__}")
    for length, document_tokens in CASES[:2] if quick else CASES:
        seconds = interleaved(candidates(length, document_tokens), rounds=3)
        told = ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in seconds.items())
        print(f"{ROWS} rows of {length}, documents of {document_tokens}: {told}", flush=True)


if __name__ == "__main__":
    run(quick=False)

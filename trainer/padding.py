"""The vocabulary padded for matrix products, and for nothing else.

An odd number of rows, as that of cl100k_base with its special tokens, takes a GPU's products off their fastest kernels
(rows of logits would not begin at multiples of 16 bytes). So the loss pads its own copy of the weights with zeros.
Parameters, checkpoints and exports keep the true vocabulary.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

MULTIPLE = 128  # elements; a whole tile of a product


def padded_size(vocabulary_size: int) -> int:
    """The next multiple."""
    return -(-vocabulary_size // MULTIPLE) * MULTIPLE


def pad_rows(weight: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """`weight` [vocabulary, width] with rows of zeros up to the padded size, as `dtype`."""
    typed = weight if dtype is None else weight.to(dtype)
    return F.pad(typed, (0, 0, 0, padded_size(len(weight)) - len(weight)))

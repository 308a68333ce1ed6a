"""Kernels compiled once for any number of rows, so that what ran before does not decide which one runs.

Left alone, torch.compile makes a kernel for the first number it meets and a general one at the second. A resumed run
meets them in another order than the whole run did, takes other kernels, and its sums differ in the last bits: seen on
an H200. A single row always gets its own kernel.
"""

import torch._dynamo
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask


def any_rows(*tensors: Tensor) -> None:
    """Say of tensors that go into compiled code that their first dimension varies."""
    for tensor in tensors:
        torch._dynamo.maybe_mark_dynamic(tensor, 0)


def any_rows_of_mask(mask: BlockMask) -> None:
    """The same of all that a block mask holds."""
    names = (f"{kind}_{part}" for kind in ("kv", "full_kv", "q", "full_q") for part in ("num_blocks", "indices"))
    parts = (getattr(mask, name) for name in names)
    any_rows(*(part for part in parts if part is not None))

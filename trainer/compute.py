"""How a model is computed: what may change speed and memory, never what is computed."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch

from trainer.errors import SettingError

CHECKPOINTING = ("none", "blocks")
DTYPES = ("auto", "bfloat16", "float32")
LOSSES = ("fused", "plain")


@dataclass(frozen=True)
class ComputeSettings:
    """Parameters, their gradients and their sums are float32 whatever is set here.

    `compile` compiles the blocks (torch.compile, once for all of them). `activation_checkpointing` "blocks" keeps only
    each block's input and computes it again in the backward pass: a third more arithmetic. `dtype` is that of matrix
    products; "auto" is bfloat16 on CUDA and float32 on the CPU, where bfloat16 is emulated and far slower. `loss`
    "fused" never holds all logits, "plain" holds them and is a reference for it.
    """

    compile: bool = False
    activation_checkpointing: str = "none"
    dtype: str = "auto"
    loss: str = "fused"

    def __post_init__(self) -> None:
        for name, known in (("activation_checkpointing", CHECKPOINTING), ("dtype", DTYPES), ("loss", LOSSES)):
            if getattr(self, name) not in known:
                raise SettingError(f"{name} {getattr(self, name)!r} is unknown; choose one of {', '.join(known)}")

    def product_dtype(self, device: torch.device) -> torch.dtype:
        """Type of the factors of matrix products on a device; their sums are float32."""
        if self.dtype == "auto":
            return torch.bfloat16 if device.type == "cuda" else torch.float32
        return torch.bfloat16 if self.dtype == "bfloat16" else torch.float32

    def autocast(self, device: torch.device) -> AbstractContextManager[object]:
        """Forward passes run inside it."""
        dtype = self.product_dtype(device)
        return nullcontext() if dtype == torch.float32 else torch.autocast(device.type, dtype=dtype)

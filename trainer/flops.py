"""Model FLOPs of a token, and the share of a GPU's peak that a run reaches (MFU).

As PaLM (Chowdhery et al. 2022, arXiv 2204.02311, appendix B): 6N + 12·L·H·Q·T FLOPs per trained token, forward and
backward. N are the weights of matrix products: the blocks' dense weights and the output projection. The projection
shares its weights with the embedding, whose look-up is free, so vocabulary times width counts once; norms count
nothing. The second part is attention over a whole sequence of T tokens: neither the causal half nor document
boundaries are taken off, and work that activation checkpointing repeats is not added. MFU is thus comparable between
runs, and a run whose attention skips other documents' tokens looks a little better than its arithmetic.
"""

import re

import torch

from trainer.presets import Preset

# Dense bfloat16 products with float32 sums, FLOPs a second, by words that all stand in the device's name; the first
# match counts. Datasheets that state the figure with sparsity are halved.
_PEAKS: tuple[tuple[str, float], ...] = (
    ("H100 PCIE", 756e12),  # NVIDIA H100 datasheet: 1,513 with sparsity
    ("H100 NVL", 835e12),  # H100 NVL datasheet: 1,671 with sparsity
    ("H100", 989e12),  # SXM, H100 datasheet: 1,979 with sparsity
    ("H200 NVL", 835e12),  # H200 datasheet: 1,671 with sparsity
    ("H200", 989e12),  # SXM, H200 datasheet: 1,979 with sparsity
    ("GH200", 989e12),  # GH200 datasheet: 1,979 with sparsity
    ("H800", 989e12),  # SXM; as H100, with narrower links
    ("H20", 148e12),  # H20 datasheet
    ("GB200", 2500e12),  # GB200 NVL72 datasheet: 360 PFLOPS with sparsity over 72 GPUs
    ("B200", 2250e12),  # HGX B200 datasheet: 36 PFLOPS with sparsity over 8 GPUs
    ("A100", 312e12),  # A100 datasheet
    ("A800", 312e12),  # as A100, with narrower links
    ("A30", 165e12),  # A30 datasheet
    ("A40", 149.7e12),  # A40 datasheet
    ("A10", 125e12),  # A10 datasheet
    ("RTX A6000", 154.8e12),  # RTX A6000 datasheet: 309.7 with sparsity
    ("L40S", 362e12),  # L40S datasheet: 733 with sparsity, 362.05 without
    ("L40", 181e12),  # L40 datasheet
    ("L4", 121e12),  # L4 datasheet: 242 with sparsity
    ("RTX 3090", 71e12),  # GA102 whitepaper, table 2
    ("RTX 4090", 165.2e12),  # Ada whitepaper, appendix A
    ("RTX 5090", 209.5e12),  # RTX Blackwell whitepaper, appendix A
    ("MI250X", 191.5e12),  # one of its two dies, which torch shows as a device; AMD: 383 for both
    ("MI300X", 1307.4e12),  # AMD MI300X datasheet
    ("MI325X", 1307.4e12),  # AMD MI325X datasheet
)
# Cut-down variants carry a full card's name: no peak is better than a wrong one.
_OTHER_VARIANTS = {"MIG", "LAPTOP", "MAX", "MOBILE", "D", "TI", "VGPU"}


def matmul_parameters(preset: Preset, vocabulary_size: int) -> int:
    """Weights that every token is multiplied by: the blocks' dense ones and the output projection."""
    block = 4 * preset.width**2 + 3 * preset.width * preset.inner
    return preset.layers * block + vocabulary_size * preset.width


def flops_per_token(preset: Preset, vocabulary_size: int, sequence_length: int) -> int:
    """Forward and backward FLOPs of one trained token, as the module says."""
    attention = 12 * preset.layers * preset.heads * preset.head_width * sequence_length
    return 6 * matmul_parameters(preset, vocabulary_size) + attention


def peak_flops(device_name: str) -> float | None:
    """A GPU's dense bfloat16 FLOPs a second by the name that torch gives it; None where no source is known for it."""
    words = set(re.findall(r"[A-Z0-9]+", device_name.upper()))
    if words & _OTHER_VARIANTS:
        return None
    return next((peak for name, peak in _PEAKS if set(name.split()) <= words), None)


def device_name(device: torch.device) -> str:
    """As torch names a GPU; `cpu`."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def model_flops_utilization(
    tokens_per_second: float, token_flops: int, peak: float | None, devices: int = 1
) -> float | None:
    """MFU, 0 to 1, of `devices` equal devices that train `tokens_per_second` together; None without a peak."""
    if peak is None:
        return None
    return tokens_per_second * token_flops / (peak * devices)

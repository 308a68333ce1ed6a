"""Model FLOPs utilisation: arithmetic that the model needs, over what its devices could do at most.

PaLM (Chowdhery et al. 2022, appendix B): 6N + 12·L·H·Q·T per token, with N parameters, L layers, H heads of width Q and
T tokens in a row; neither recomputed activations nor the causal mask's saving count. The tied embedding is in N once:
its product with the states costs that much, looking tokens up costs nothing.
"""

import torch

from trainer.presets import Preset

# Dense bfloat16 FLOP/s without sparsity, from NVIDIA's and AMD's data sheets; first match of the device's name wins.
PEAK_FLOPS_PER_SECOND = (
    ("B200", 2.25e15),
    ("GH200", 9.89e14),
    ("H200", 9.89e14),
    ("H100 PCIe", 7.56e14),
    ("H100 NVL", 8.35e14),
    ("H100", 9.89e14),
    ("A100", 3.12e14),
    ("L40S", 3.62e14),
    ("L4", 1.21e14),
    ("A10G", 7.0e13),
    ("A10", 1.25e14),
    ("RTX 4090", 1.65e14),
    ("RTX 3090", 7.1e13),
    ("MI300X", 1.307e15),
)


def flops_per_token(preset: Preset, vocabulary_size: int, sequence_length: int) -> int:
    """Floating-point operations of one token's forward and backward pass."""
    parameters = preset.non_embedding_parameters + vocabulary_size * preset.width
    return 6 * parameters + 12 * preset.layers * preset.heads * preset.head_width * sequence_length


def peak_flops(device_name: str) -> float | None:
    """Dense bfloat16 FLOP/s of a device by its name; None for one that is not in the table."""
    words = f" {device_name.replace('-', ' ')} "
    return next((peak for name, peak in PEAK_FLOPS_PER_SECOND if f" {name} " in words), None)


def device_name(device: torch.device) -> str:
    """As torch names a GPU; `cpu`."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type

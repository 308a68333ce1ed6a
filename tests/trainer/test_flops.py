"""FLOPs of a token against torch's own counter; peaks by device name; MFU."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from trainer.flops import device_name, flops_per_token, matmul_parameters, model_flops_utilization, peak_flops
from trainer.model import Decoder
from trainer.presets import PRESETS, find_preset

VOCABULARY, LENGTH = 300, 64


def test_the_products_are_what_torch_counts() -> None:
    """torch counts a causal score matrix whole, as PaLM does: forward and backward of one row."""
    preset = find_preset("tiny")
    torch.manual_seed(0)
    model = Decoder(preset, VOCABULARY)
    ids = torch.randint(VOCABULARY, (1, LENGTH))
    with FlopCounterMode(display=False) as counter, torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        model(ids).sum().backward()
    assert counter.get_total_flops() == flops_per_token(preset, VOCABULARY, LENGTH) * LENGTH


@pytest.mark.parametrize("name", PRESETS)
def test_products_are_all_parameters_but_the_norms(name: str) -> None:
    preset = PRESETS[name]
    with torch.device("meta"):
        model = Decoder(preset, VOCABULARY)
    dense = sum(parameter.numel() for parameter in model.parameters() if parameter.ndim == 2)
    assert matmul_parameters(preset, VOCABULARY) == dense


def test_flops_of_the_paper_shapes() -> None:
    """By hand, 470m at the paper's context: 6 (24 (4·1280² + 3·1280·3456) + 100,000·1280) + 12·24·1280·8192."""
    assert flops_per_token(find_preset("470m"), 100_000, 8192) == 6 * 603_791_360 + 3_019_898_880


@pytest.mark.parametrize(
    ("device", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA H100 NVL", 835e12),
        ("NVIDIA H200", 989e12),
        ("NVIDIA GH200 480GB", 989e12),
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("NVIDIA A10", 125e12),
        ("NVIDIA L4", 121e12),
        ("NVIDIA L40S", 362e12),
        ("NVIDIA B200", 2250e12),
        ("NVIDIA GB200", 2500e12),
        ("NVIDIA GeForce RTX 4090", 165.2e12),
        ("AMD Instinct MI300X", 1307.4e12),
        ("NVIDIA GeForce RTX 4090 D", None),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", None),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", None),
        ("NVIDIA A10G", None),
        ("Tesla T4", None),
        ("", None),
    ],
)
def test_peaks_by_the_name_that_torch_gives(device: str, peak: float | None) -> None:
    assert peak_flops(device) == peak


def test_the_cpu_has_no_peak() -> None:
    assert peak_flops(device_name(torch.device("cpu"))) is None


def test_utilization() -> None:
    assert model_flops_utilization(1000.0, 10**9, 4e12, devices=2) == pytest.approx(0.125)
    assert model_flops_utilization(1000.0, 10**9, None) is None

"""AdamW, with settings as GPT-3 has them."""

from dataclasses import dataclass

import torch

from trainer.errors import SettingError
from trainer.model import Decoder

# GPT-3 (Brown et al. 2020, appendix B); the paper (arXiv 2408.10914) names AdamW only.
ADAM_BETA1, ADAM_BETA2 = 0.9, 0.95
ADAM_EPSILON = 1e-8
WEIGHT_DECAY = 0.1
GRADIENT_CLIP_NORM = 1.0


@dataclass(frozen=True)
class OptimizerSettings:
    """AdamW's constants and the norm that gradients are clipped to."""

    beta1: float = ADAM_BETA1
    beta2: float = ADAM_BETA2
    epsilon: float = ADAM_EPSILON
    weight_decay: float = WEIGHT_DECAY
    clip_norm: float = GRADIENT_CLIP_NORM

    def __post_init__(self) -> None:
        for name, low, high in (("beta1", 0, 1), ("beta2", 0, 1), ("weight_decay", 0, float("inf"))):
            if not low <= getattr(self, name) < high:
                raise SettingError(f"{name} is {getattr(self, name)}, it must be at least {low} and below {high}")
        for name in ("epsilon", "clip_norm"):
            if not 0 < getattr(self, name) < float("inf"):
                raise SettingError(f"{name} is {getattr(self, name)}, it must be a positive number")


def make_optimizer(model: Decoder, settings: OptimizerSettings | None = None) -> torch.optim.AdamW:
    """AdamW that decays dense weights, not norms, nor the embedding (most of whose rows a batch does not touch)."""
    settings = OptimizerSettings() if settings is None else settings
    dense = [p for name, p in model.named_parameters() if p.ndim == 2 and not name.startswith("embedding")]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or name.startswith("embedding")]
    groups = [{"params": dense, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=(settings.beta1, settings.beta2), eps=settings.epsilon, fused=True)


def fill_state(optimizer: torch.optim.AdamW) -> None:
    """Give every parameter the state that AdamW makes at its first step, all zero, for a checkpoint to be read into."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            optimizer.state[parameter] = {
                "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
                "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
                "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
            }

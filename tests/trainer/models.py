"""Small models with a real vocabulary, as checkpoints on disk, for tests of export and evaluation."""

from dataclasses import asdict
from pathlib import Path

import torch

from mixer.tokens import tokenizer
from trainer.checkpoint import RunState, save_checkpoint
from trainer.model import Decoder
from trainer.optimizer import make_optimizer
from trainer.presets import Preset

PRESET = Preset("test", layers=2, width=32, heads=2, inner=40, learning_rate=0.0)
SEQUENCE_LENGTH = 128


def random_model(seed: int = 0, preset: Preset = PRESET, vocabulary_size: int | None = None) -> Decoder:
    """Random weights, norms' gains included, so that every part shows in the logits."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Decoder(preset, vocabulary_size or tokenizer("cl100k_base").vocabulary_size).eval()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "norm" in name:
                    parameter.add_(torch.randn_like(parameter) * 0.2)
            model.embedding.weight.mul_(10)
    return model


def save_model(folder: Path, model: Decoder, step: int = 7, sequence_length: int = SEQUENCE_LENGTH) -> Path:
    """A checkpoint as a run writes it."""
    info = tokenizer("cl100k_base").info
    shape = {f"preset {key}": value for key, value in asdict(model.preset).items() if key in "layers width heads inner"}
    identity = {
        "mixture fingerprint": "f" * 64,
        "preset": model.preset.name,
        "sequence length": sequence_length,
        "tokenizer": info.name,
        "vocabulary size": info.vocabulary_size,
        "vocabulary sha256": info.vocabulary_sha256,
    } | shape
    state = RunState(step, identity, {}, {"next_row": 0}, [], {}, 0.0, {})
    return save_checkpoint(folder, state, model, make_optimizer(model))

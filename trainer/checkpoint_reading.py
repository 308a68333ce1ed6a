"""A trained model out of its checkpoint, for everything but training: evaluation, generation, export."""

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mixer.tokens import ENCODINGS, Tokenizer, tokenizer
from trainer.checkpoint import is_whole, latest_checkpoint, load_state, load_weights
from trainer.errors import CheckpointMismatchError, SettingError
from trainer.model import Decoder
from trainer.presets import Preset


@dataclass(frozen=True)
class TokenizerIdentity:
    """The vocabulary that a model was trained with."""

    name: str
    vocabulary_size: int
    vocabulary_sha256: str

    def text_tokenizer(self) -> Tokenizer:
        """What turns text into this model's ids; CheckpointMismatchError where it is not here or another one."""
        if self.name not in ENCODINGS:
            raise CheckpointMismatchError(
                f"the model was trained with tokenizer {self.name!r}, which is not here; known: {', '.join(ENCODINGS)}"
            )
        found = tokenizer(self.name)
        asked = (self.vocabulary_size, self.vocabulary_sha256)
        if (found.vocabulary_size, found.info.vocabulary_sha256) != asked:
            raise CheckpointMismatchError(
                f"the model knows {self.vocabulary_size} tokens of {self.name!r} ({self.vocabulary_sha256}); "
                f"here are {found.vocabulary_size} ({found.info.vocabulary_sha256}). Install the version that it had"
            )
        return found


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to be run, on the CPU, and what the checkpoint says of it."""

    path: Path
    model: Decoder
    tokenizer: TokenizerIdentity
    sequence_length: int  # tokens, of the rows that it was trained on
    step: int
    identity: dict[str, Any]
    weights_sha256: str  # over names, shapes and values of all parameters

    @property
    def label(self) -> str:
        """A short name for tables: the run's folder and the step."""
        return f"{self.path.resolve().parent.name}@{self.step}"


def load_model(path: str | Path) -> LoadedModel:
    """The model of the checkpoint at `path`, or of the newest one where `path` is a run's folder.

    Nothing in a checkpoint is executed. SettingError where there is none, CheckpointMismatchError where it is of
    another format or does not hold the model that it names.
    """
    found = _find(Path(path))
    step, identity, weights = _read(found)
    try:
        preset = _preset_of(identity)
        vocabulary = TokenizerIdentity(
            identity["tokenizer"], identity["vocabulary size"], identity["vocabulary sha256"]
        )
        sequence_length = int(identity["sequence length"])
        with torch.random.fork_rng(devices=[]):
            model = Decoder(preset, vocabulary.vocabulary_size)
        model.load_state_dict(weights, assign=True)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointMismatchError(f"{found} does not hold the model that it names: {error}") from error
    return LoadedModel(found, model.eval(), vocabulary, sequence_length, step, identity, _digest(weights))


def _find(path: Path) -> Path:
    found = path if is_whole(path) else latest_checkpoint(path)
    if found is None:
        raise SettingError(f"{path} is neither a checkpoint nor a run's folder with one")
    return found


def _read(path: Path) -> tuple[int, dict[str, Any], dict[str, Tensor]]:
    """Step, identity and the model's state dict; the one place that knows how a checkpoint lies on the disk."""
    try:
        state = load_state(path)
        return state.step, state.identity, load_weights(path)
    except CheckpointMismatchError:
        raise
    except Exception as error:  # torch raises pickle's, zip's and its own
        raise CheckpointMismatchError(f"{path} is no checkpoint: {str(error)[:200]}") from error


def _preset_of(identity: dict[str, Any]) -> Preset:
    """The shape as the checkpoint has it, whatever a preset of this name is today; its learning rate is not known."""
    shape: dict[str, Any] = {field.name: identity.get(f"preset {field.name}") for field in fields(Preset)}
    shape |= {"name": identity["preset"], "learning_rate": 0.0}
    missing = [name for name, value in shape.items() if value is None]
    if missing:
        raise KeyError(f"no {', '.join(missing)} in its identity")
    return Preset(**shape)


def _digest(weights: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(weights):
        values = weights[name].detach().contiguous()
        digest.update(f"{name} {tuple(values.shape)} {values.dtype}\n".encode())
        digest.update(values.view(torch.uint8).numpy().data)
    return digest.hexdigest()

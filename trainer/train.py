"""Train a decoder on a mixture.

Batches come in the mixture's own order; every step is logged to `metrics.jsonl`, and checkpoints hold all that decides
what follows, so a run that was stopped goes on with the same batches and, on the same hardware with as many ranks,
with the same bits. `python -m trainer.train MANIFEST --preset tiny --steps 30`, or on 8 devices
`torchrun --nproc-per-node 8 -m trainer.train MANIFEST --preset 470m`.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mixer.manifest import MixtureManifest, read_manifest
from trainer.branch import find_branch
from trainer.checkpoint import KEPT_CHECKPOINTS
from trainer.compute import ComputeSettings
from trainer.errors import SettingError
from trainer.loader import TrainingLoader
from trainer.optimizer import (
    ADAM_BETA1,
    ADAM_BETA2,
    ADAM_EPSILON,
    GRADIENT_CLIP_NORM,
    WEIGHT_DECAY,
    OptimizerSettings,
)
from trainer.parallel import choose_mode
from trainer.presets import find_preset
from trainer.ranks import Ranks, started
from trainer.result import TrainResult, describe
from trainer.run import Log, Run
from trainer.run_folder import default_output, locked
from trainer.run_log import LogOptions
from trainer.settings import TrainSettings, check_settings
from trainer.validation_log import VALIDATION_ROWS, ValidationPlan

__all__ = ["TrainResult", "describe", "train"]


def train(
    manifest_uri: str,
    output: str | Path | None = None,
    preset: str = "tiny",
    steps: int | None = None,
    batch_rows: int = 8,
    learning_rate: float | None = None,
    seed: int = 0,
    device: str = "auto",
    resume: bool = True,
    checkpoint_every: int = 100,
    log: Log | None = None,
    *,
    micro_batch_rows: int | None = None,
    within_documents: bool = True,
    stay_inside_documents: bool = False,
    validate_every: int | None = None,
    validate_rows: int | None = VALIDATION_ROWS,
    parallel: str = "auto",
    schedule: str = "cosine",
    cooldown: str = "linear",
    warmup_steps: int | None = None,
    cooldown_steps: int | None = None,
    beta1: float = ADAM_BETA1,
    beta2: float = ADAM_BETA2,
    epsilon: float = ADAM_EPSILON,
    weight_decay: float = WEIGHT_DECAY,
    clip_norm: float = GRADIENT_CLIP_NORM,
    keep_checkpoints: int = KEPT_CHECKPOINTS,
    begins_from: str | Path | None = None,
    keep_optimizer: bool = True,
    continue_schedule: bool = False,
    tensorboard: bool = False,
    compile: bool = False,
    activation_checkpointing: str = "none",
    dtype: str = "auto",
) -> TrainResult:
    """Train `preset` for `steps` steps (default: the whole mixture) of `batch_rows` rows; continue what `output` holds.

    `manifest_uri` is a mixture's manifest or folder, local or `s3://`; `output` a local folder. `learning_rate` is the
    peak (default: the preset's). `micro_batch_rows` caps the rows that a process computes at once. `within_documents`
    keeps attention inside documents and counts positions from their starts; `stay_inside_documents` moreover predicts
    no document's first token from the document before. Every `validate_every` steps and at the end (None: at the end,
    if the mixture holds text out; 0: never) the model is measured on the first `validate_rows` held-out rows of every
    source (None: all). `log` is called after each step. `schedule`, `cooldown` and their steps are those of
    `trainer.schedule`, `beta1` to `clip_norm` those of `trainer.optimizer`, `parallel` is that of `trainer.parallel`,
    `compile`, `activation_checkpointing` and `dtype` are those of `trainer.compute`.

    `begins_from`, a checkpoint or a run's folder, gives the first weights of a new run and, with `keep_optimizer`,
    AdamW's moments; with `continue_schedule` its last learning rate is the peak, and there is no warm-up.

    Under torchrun, or where the caller made a process group, all ranks call this and all get the result; the first one
    writes and calls `log`. Raises a TrainerError, or FileNotFoundError without a manifest.
    """
    with started(device) as ranks:
        shape, manifest = ranks.agree(lambda: (find_preset(preset), read_manifest(manifest_uri)))
        mode = choose_mode(parallel, shape, manifest.tokenizer.vocabulary_size, ranks)
        settings = TrainSettings(
            steps=_whole_mixture(manifest, batch_rows) if steps is None else steps,
            batch_rows=batch_rows,
            learning_rate=shape.learning_rate if learning_rate is None else learning_rate,
            seed=seed,
            micro_batch_rows=micro_batch_rows or max(1, batch_rows // ranks.world) if batch_rows > 0 else 0,
            within_documents=within_documents,
            stay_inside_documents=stay_inside_documents,
            schedule=schedule,
            cooldown=cooldown,
            warmup_steps=warmup_steps,
            cooldown_steps=cooldown_steps,
            optimizer=OptimizerSettings(beta1, beta2, epsilon, weight_decay, clip_norm),
            compute=ComputeSettings(compile, activation_checkpointing, dtype),
            parallel=mode,
            ranks=ranks.world,
            begins_from=None if begins_from is None else str(begins_from),
            continue_schedule=continue_schedule,
        )
        check_settings(settings, checkpoint_every, keep_checkpoints, manifest.rows)
        if continue_schedule and learning_rate is not None:
            raise SettingError("a learning rate and the checkpoint's (continue_schedule) are both asked: choose one")
        options = LogOptions(ValidationPlan(manifest_uri, manifest, validate_every, validate_rows), tensorboard)
        branch = None
        if begins_from is not None:
            branch = partial(find_branch, begins_from, manifest, shape, keep_optimizer=keep_optimizer)
        folder = default_output(manifest, preset) if output is None else Path(output)
        with locked(folder, ranks), _loader(manifest_uri, batch_rows, ranks) as loader:
            run = Run(folder, shape, settings, loader, mode, ranks)
            run.start(resume, branch)
            return run.finish(checkpoint_every, keep_checkpoints, options, log)


def _whole_mixture(manifest: MixtureManifest, batch_rows: int) -> int:
    return manifest.rows // batch_rows if batch_rows > 0 else 0


def _loader(manifest_uri: str, batch_rows: int, ranks: Ranks) -> TrainingLoader:
    return ranks.agree(lambda: TrainingLoader(manifest_uri, batch_rows, ranks.rank, ranks.world))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see `trainer.command`."""
    from trainer.command import main as command  # which needs `train`

    return command(arguments)


if __name__ == "__main__":
    raise SystemExit(main())

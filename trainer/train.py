"""Train a decoder on a mixture: `python -m trainer.train MANIFEST --preset tiny --steps 30`.

Batches come in the mixture's own order; every step is logged to `metrics.jsonl`, and checkpoints hold all that decides
what follows, so a run that was stopped goes on with the same batches and, on the CPU with the same number of threads,
with the same bits.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from mixer.manifest import ManifestError, MixtureManifest, read_manifest
from trainer.compute import CHECKPOINTING, DTYPES, ComputeSettings
from trainer.errors import SettingError, TrainerError
from trainer.loader import TrainingLoader
from trainer.presets import PRESETS, find_preset
from trainer.progress import ProgressLine
from trainer.run import Log, Run, TrainResult, TrainSettings
from trainer.run_folder import default_output, locked
from trainer.validation_log import VALIDATION_ROWS, ValidationPlan

__all__ = ["TrainResult", "train"]


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
    compile: bool = False,
    activation_checkpointing: str = "none",
    dtype: str = "auto",
) -> TrainResult:
    """Train `preset` for `steps` steps (default: the whole mixture) of `batch_rows` rows; continue what `output` holds.

    `manifest_uri` is a mixture's manifest or folder, local or `s3://`; `output` a local folder. `learning_rate` is the
    peak (default: the preset's). `micro_batch_rows` caps the rows computed at once. `within_documents` keeps attention
    inside documents and counts positions from their starts; `stay_inside_documents` moreover predicts no document's
    first token from the document before. Every `validate_every` steps and at the end (None: at the end, if the mixture
    holds text out; 0: never) the model is measured on the first `validate_rows` held-out rows of every source (None:
    all). `compile`, `activation_checkpointing` and `dtype` are those of `trainer.compute`. `log` is called after each
    step. Raises a TrainerError, or FileNotFoundError without a manifest.
    """
    shape = find_preset(preset)
    manifest = read_manifest(manifest_uri)
    steps = manifest.rows // batch_rows if steps is None and batch_rows > 0 else steps
    settings = TrainSettings(
        steps=steps or 0,
        batch_rows=batch_rows,
        learning_rate=shape.learning_rate if learning_rate is None else learning_rate,
        seed=seed,
        micro_batch_rows=micro_batch_rows or batch_rows,
        within_documents=within_documents,
        stay_inside_documents=stay_inside_documents,
        compute=ComputeSettings(compile, activation_checkpointing, dtype),
    )
    _check(settings, checkpoint_every, manifest)
    validation = ValidationPlan(manifest_uri, manifest, validate_every, validate_rows)
    folder = default_output(manifest, preset) if output is None else Path(output)
    with locked(folder), TrainingLoader(manifest_uri, batch_rows) as loader:
        run = Run(folder, shape, settings, loader, _choose_device(device))
        run.start(resume)
        return run.finish(checkpoint_every, validation, log)


def _check(settings: TrainSettings, checkpoint_every: int, manifest: MixtureManifest) -> None:
    """Refuse settings that can be seen to fail before anything is written."""
    for name in ("batch_rows", "micro_batch_rows"):
        if getattr(settings, name) < 1:
            raise SettingError(f"{name} is {getattr(settings, name)}, it must be at least 1")
    if settings.batch_rows > manifest.rows:
        raise SettingError(
            f"a batch of {settings.batch_rows} rows is asked, the mixture has {manifest.rows}: lower batch_rows"
        )
    if settings.steps < 1 or checkpoint_every < 1:
        raise SettingError(f"steps ({settings.steps}) and checkpoint_every ({checkpoint_every}) must be at least 1")
    if settings.stay_inside_documents and not settings.within_documents:
        raise SettingError("to stay inside documents and to attend across them are both asked: choose one")
    if not 0 < settings.learning_rate < float("inf"):
        raise SettingError(f"learning rate {settings.learning_rate} is not a positive number")


def _choose_device(device: str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device not in ("cpu", "cuda"):
        raise SettingError(f"device {device!r} is unknown; choose auto, cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise SettingError("device cuda is asked, but torch finds none here; choose cpu or auto")
    return torch.device(device)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: prints one line on success; 1 and a message on an error that names what to change."""
    options = vars(_parser().parse_args(arguments))
    try:
        with ProgressLine() as progress:
            result = train(log=progress, **options)
    except (TrainerError, ManifestError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(describe(result))
    return 0


def describe(result: TrainResult) -> str:
    """The outcome in a few lines for the terminal."""
    lines = [
        f"{result.steps} steps, loss {result.first_loss:.4f} -> {result.last_loss:.4f}, "
        f"{result.tokens:,} tokens, {result.parameters:,} parameters on {result.device}",
        "tokens by source: " + ", ".join(f"{name} {tokens:,}" for name, tokens in result.source_tokens.items()),
        f"checkpoint: {result.checkpoint}",
    ]
    if result.validation:
        told = ", ".join(f"{source} {bits:.4f}" for source, bits in result.validation.items())
        lines.append(f"bits per byte of held-out text: {told}")
    if result.resumed_from:
        lines.append(f"resumed after step {result.resumed_from}")
    if result.changed_settings:
        lines.append(f"settings that differ from the checkpoint's: {'; '.join(result.changed_settings)}")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainer.train", description="Train a decoder on a mixture.")
    parser.add_argument("manifest_uri", metavar="MANIFEST", help="a mixture's manifest.json or folder, local or s3://")
    parser.add_argument("--preset", default="tiny", choices=PRESETS, help="the model's shape (default: tiny)")
    parser.add_argument("--steps", type=int, help="optimizer steps in all (default: the whole mixture)")
    parser.add_argument("--batch-rows", type=int, default=8, help="sequences per step (default: 8)")
    parser.add_argument("--micro-batch-rows", type=int, help="sequences computed at once (default: the whole batch)")
    parser.add_argument("--learning-rate", type=float, help="peak learning rate (default: the preset's)")
    parser.add_argument("--seed", type=int, default=0, help="of the model's first weights (default: 0)")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", help="folder of the run (default: build/runs/NAME-FINGERPRINT-PRESET)")
    parser.add_argument("--checkpoint-every", type=int, default=100, help="steps between checkpoints (default: 100)")
    parser.add_argument(
        "--validate-every",
        type=int,
        help="steps between validations; 0: never (default: at the end, if data is held out)",
    )
    parser.add_argument(
        "--validate-rows",
        type=int,
        default=VALIDATION_ROWS,
        help=f"first rows of each source's held-out text (default: {VALIDATION_ROWS})",
    )
    parser.add_argument("--no-resume", dest="resume", action="store_false", help="refuse a folder with checkpoints")
    boundaries = parser.add_mutually_exclusive_group()
    boundaries.add_argument(
        "--across-documents",
        dest="within_documents",
        action="store_false",
        help="let attention cross document boundaries in a row",
    )
    boundaries.add_argument(
        "--stay-inside-documents",
        action="store_true",
        help="besides attention, keep the loss inside documents: a document's first token is not predicted",
    )
    _add_compute(parser)
    return parser


def _add_compute(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--compile", action="store_true", help="compile the blocks: slow to start, faster on CUDA")
    parser.add_argument(
        "--activation-checkpointing",
        default="none",
        choices=CHECKPOINTING,
        help="blocks: keep each block's input only and compute it twice, for less memory (default: none)",
    )
    parser.add_argument(
        "--dtype", default="auto", choices=DTYPES, help="of matrix products (default: bfloat16 on CUDA, else float32)"
    )


if __name__ == "__main__":
    raise SystemExit(main())

"""The options of a training run: one list for `python -m trainer.train` and `mixdown train`. Needs no torch."""

import argparse

from trainer.presets import PRESETS

DEFAULT_CHECKPOINT_EVERY = 100


def make_parser(program: str = "python -m trainer.train") -> argparse.ArgumentParser:
    """Parses a command line into the arguments of `trainer.chain.train_chain`."""
    parser = argparse.ArgumentParser(prog=program, description="Train a decoder on a mixture.")
    add = parser.add_argument
    add("manifest_uri", metavar="MANIFEST", help="a mixture's manifest.json or folder, local or s3://")
    add(
        "--then",
        action="append",
        metavar="MANIFEST",
        help="a mixture to go on with afterwards, in a run of its own; may be given again",
    )
    add("--preset", default="tiny", help=f"the model's shape: {', '.join(PRESETS)} (default: tiny)")
    add("--steps", type=int, help="optimizer steps in all, of each mixture (default: the whole mixture)")
    add("--batch-rows", type=int, default=8, help="sequences per step, over all processes (default: 8)")
    add("--micro-batch-rows", type=int, help="sequences that a process computes at once (default: its part of a batch)")
    add("--output", help="folder of the run (default: build/runs/NAME-FINGERPRINT-PRESET)")
    add("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    add("--parallel", default="auto", help="auto, none, ddp or fsdp (default: auto, by the model's size)")
    add("--seed", type=int, default=0, help="of the model's first weights (default: 0)")
    _add_schedule(parser)
    _add_optimizer(parser)
    _add_checkpoints(parser)
    _add_logs(parser)
    _add_boundaries(parser)
    _add_compute(parser)
    return parser


def _add_schedule(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--learning-rate", type=float, help="peak learning rate (default: the preset's)")
    add("--schedule", default="cosine", help="before the cooldown: cosine, wsd, linear or constant (default: cosine)")
    add("--cooldown", default="linear", help="how the rate falls to 1e-6: linear, or sqrt for 1 - sqrt")
    add("--warmup-steps", type=int, help="(default: 1325, a tenth of a shorter run)")
    add("--cooldown-steps", type=int, help="(default: the mixture's last phase if it is a cooldown; wsd: a tenth)")


def _add_optimizer(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--beta1", type=float, default=0.9, help="AdamW's decay of the first moment (default: 0.9)")
    add("--beta2", type=float, default=0.95, help="AdamW's decay of the second moment (default: 0.95)")
    add("--epsilon", type=float, default=1e-8, help="AdamW's epsilon (default: 1e-8)")
    add("--weight-decay", type=float, default=0.1, help="of dense weights (default: 0.1)")
    add("--clip-norm", type=float, default=1.0, help="largest gradient norm (default: 1)")


def _add_checkpoints(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--checkpoint-every",
        type=int,
        default=DEFAULT_CHECKPOINT_EVERY,
        help=f"steps between checkpoints (default: {DEFAULT_CHECKPOINT_EVERY})",
    )
    add("--keep-checkpoints", type=int, default=2, help="newest checkpoints that stay (default: 2)")
    add("--no-resume", dest="resume", action="store_false", help="refuse a folder with checkpoints")
    add("--from", dest="begins_from", help="a checkpoint, or a run's folder, whose weights the run begins with")
    add(
        "--reset-optimizer",
        dest="keep_optimizer",
        action="store_false",
        help="with --from: begin with AdamW's moments at zero",
    )
    add(
        "--continue-schedule",
        action="store_true",
        help="with --from: begin at the checkpoint's learning rate, without warm-up",
    )


def _add_logs(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--validate-every",
        type=int,
        help="steps between validations; 0: never (default: at the end, if the mixture holds text out)",
    )
    add("--validate-rows", type=int, default=64, help="first rows of each source's held-out text (default: 64)")
    add("--tensorboard", action="store_true", help="write curves for TensorBoard into the run's folder too")


def _add_boundaries(parser: argparse.ArgumentParser) -> None:
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


def _add_compute(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--compile", action="store_true", help="compile the blocks; slow to start, faster steps on CUDA")
    add(
        "--activation-checkpointing",
        default="none",
        help="blocks: keep each block's input only and compute it twice, for less memory (default: none)",
    )
    add("--dtype", default="auto", help="of matrix products: auto, bfloat16 or float32 (default: bfloat16 on CUDA)")

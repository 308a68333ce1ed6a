"""`mixdown train`: a model trained on a mixture."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import ManifestArgument


def train(
    manifest: ManifestArgument,
    preset: Annotated[str, typer.Option(help="Model size: tiny, 60m, 160m, 470m, 2.8b.")] = "tiny",
    steps: Annotated[
        int | None, typer.Option(help="Optimizer steps. Default: the whole mixture.", show_default=False)
    ] = None,
    batch_rows: Annotated[int, typer.Option(help="Sequences in a step.")] = 8,
    output: Annotated[Path | None, typer.Option(help="Folder of the run.", show_default=False)] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    seed: Annotated[int, typer.Option(help="Of the model's first weights.")] = 0,
    stay_inside_documents: Annotated[
        bool,
        typer.Option("--stay-inside-documents", help="Predict no document's first token from the one before."),
    ] = False,
    checkpoint_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 100,
    validate_every: Annotated[
        int | None,
        typer.Option(
            help="Steps between validations; 0: never. Default: at the end, if the mixture holds text out.",
            show_default=False,
        ),
    ] = None,
    validate_rows: Annotated[int, typer.Option(help="First rows of each source's held-out text.")] = 64,
    compile: Annotated[
        bool, typer.Option("--compile", help="Compile the blocks: slow to start, faster steps on CUDA.")
    ] = False,
    activation_checkpointing: Annotated[
        str, typer.Option(help="none, or blocks: each block is computed twice, for less memory.")
    ] = "none",
    dtype: Annotated[str, typer.Option(help="Of matrix products: auto, bfloat16 or float32.")] = "auto",
) -> None:
    """Train a model on a mixture; a run that was stopped goes on from its last checkpoint."""
    from trainer.progress import ProgressLine
    from trainer.train import describe
    from trainer.train import train as run_training

    with ProgressLine() as line:
        result = run_training(
            manifest,
            output,
            preset,
            steps,
            batch_rows,
            seed=seed,
            device=device,
            checkpoint_every=checkpoint_every,
            stay_inside_documents=stay_inside_documents,
            validate_every=validate_every,
            validate_rows=validate_rows,
            compile=compile,
            activation_checkpointing=activation_checkpointing,
            dtype=dtype,
            log=line,
        )
    print(describe(result))

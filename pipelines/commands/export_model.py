"""`mixdown export-model`: a checkpoint in Hugging Face's format."""

from pathlib import Path
from typing import Annotated

import typer


def export_model(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint, or a run's folder: then its newest one.")],
    output: Annotated[Path, typer.Option(help="New folder to write into.")],
) -> None:
    """Write a checkpoint as a folder that `transformers` loads, with its tokenizer; no code of ours is in it."""
    from trainer.checkpoint_reading import load_model
    from trainer.export.hugging_face import export_model as run_export

    loaded = load_model(checkpoint)
    folder = run_export(loaded, output)
    print(f"{loaded.path.name} of {loaded.path.resolve().parent.name}, step {loaded.step}: {folder}")

"""The command line of training, under whichever name it is called."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from os import environ
from typing import Any

from mixer.manifest import ManifestError
from mixer.object_store.errors import StoreError
from trainer.chain import train_chain
from trainer.errors import TrainerError
from trainer.options import make_parser
from trainer.progress import ProgressLine
from trainer.result import describe


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what came out; 1 and a message on an error that names what to change.

    Of several ranks the first speaks.
    """
    try:
        run_training(vars(make_parser().parse_args(arguments)))
    except (TrainerError, ManifestError, StoreError, FileNotFoundError) as error:
        if _speaks():
            print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def run_training(options: dict[str, Any]) -> None:
    """Train as the parsed `options` say, with a line that follows, and print what came out."""
    with ProgressLine() if _speaks() else nullcontext() as progress:
        results = train_chain(log=progress, **options)
    if _speaks():
        print("\n".join(describe(result) for result in results))


def _speaks() -> bool:
    """Whether this process is the first of those that torchrun started."""
    return environ.get("RANK", "0") == "0"

"""Several mixtures one after another: each run begins with the last checkpoint of the one before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mixer.manifest import read_manifest
from trainer.ranks import started
from trainer.result import TrainResult
from trainer.run_folder import default_output
from trainer.train import train


def train_chain(
    manifest_uri: str,
    then: Sequence[str] | None = None,
    output: str | Path | None = None,
    preset: str = "tiny",
    **options: Any,
) -> list[TrainResult]:
    """Train on `manifest_uri`, then on each of `then`; the options are those of `train` and hold for each run.

    The later runs lie inside the first one's folder, as `then-1`, `then-2` and so on. Each has its own schedule. What
    was finished is not done again, so a chain that was stopped goes on with the same call.
    """
    folder = default_output(read_manifest(manifest_uri), preset) if output is None else Path(output)
    with started(options.get("device", "auto")):  # one group of processes for all runs
        results = [train(manifest_uri, folder, preset, **options)]
        for number, following in enumerate(then or (), start=1):
            following_options = options | {"begins_from": results[-1].checkpoint}
            results.append(train(following, folder / f"then-{number}", preset, **following_options))
    return results

"""When a run is validated, and `validation.jsonl`: a line each time, gapless and without repeats over restarts."""

import json
from dataclasses import asdict
from pathlib import Path

from mixer import storage
from mixer.manifest import MixtureManifest
from trainer.errors import SettingError
from trainer.metrics import lines_until
from trainer.parallel import ParallelModel
from trainer.validation import check_validation, validate

VALIDATION_NAME = "validation.jsonl"
VALIDATION_ROWS = 64  # of each source, by default: 131,072 tokens at 2,048 a row, about half a megabyte of text


class ValidationPlan:
    """What is asked: validation every so many steps and at the end, at the end alone, or never."""

    def __init__(self, manifest_uri: str, manifest: MixtureManifest, every: int | None, rows: int | None) -> None:
        """`every` None: at the end, if the mixture holds something out; 0: never. `rows` of each source, None: all.

        SettingError when it is asked for and cannot be done.
        """
        if every is not None and every < 0:
            raise SettingError(f"validate_every is {every}: a number of steps, or 0 for never")
        self.manifest_uri, self.every, self.rows = manifest_uri, every, rows
        self.is_on = every != 0 and (every is not None or bool(manifest.validation))
        if self.is_on:
            check_validation(manifest, rows)

    def is_due(self, step: int, steps: int) -> bool:
        """Whether the model is measured after `step` of `steps`."""
        return self.is_on and (step == steps or bool(self.every and step % self.every == 0))


class ValidationLog:
    """Appends to `validation.jsonl` in `folder`; opened at `steps_done`, it first drops what came after that step.

    A step is validated before its checkpoint is saved: what a killed run did not get to is then done again with it.
    """

    def __init__(self, folder: Path, plan: ValidationPlan, steps_done: int, *, writes: bool = True) -> None:
        self._path, self._plan, self._writes = folder / VALIDATION_NAME, plan, writes
        kept = lines_until(self._path, steps_done)
        self._last = json.loads(kept[-1]) if kept else None
        if writes and (kept or plan.is_on):
            storage.write_bytes(str(self._path), "".join(kept).encode())

    def after_step(self, model: ParallelModel, step: int, steps: int, tokens: int) -> bool:
        """Measure the model if it is due after `step` (of `steps`, with `tokens` fed so far) and was not yet.

        All ranks call it; returns whether it measured.
        """
        if not self._plan.is_due(step, steps) or (self._last is not None and self._last["step"] == step):
            return False
        with model.whole() as decoder:
            found = validate(decoder, self._plan.manifest_uri, max_rows=self._plan.rows, ranks=model.ranks)
        sources = {source: asdict(result) for source, result in found.items()}
        self._last = {"step": step, "tokens": tokens, "sources": sources}
        if self._writes:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self._last, allow_nan=False) + "\n")
        return True

    def bits_per_byte(self, step: int) -> dict[str, float]:
        """By source, as measured after `step`; empty when it was not."""
        if self._last is None or self._last["step"] != step:
            return {}
        return {source: result["bits_per_byte"] for source, result in self._last["sources"].items()}

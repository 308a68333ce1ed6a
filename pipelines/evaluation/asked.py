"""The three ways of `mixdown eval`, from settings to what is printed."""

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import torch

from pipelines.commands.options import out
from pipelines.evaluation.compare import Comparison, compare_models
from pipelines.evaluation.judge import JudgeSettings
from pipelines.evaluation.programs import program_runner
from pipelines.evaluation.prompts import read_prompts
from pipelines.evaluation.table import notes, score_table
from pipelines.generation.endpoint import Endpoint
from trainer.checkpoint_reading import load_model
from trainer.errors import SettingError
from trainer.evaluation.evaluate import evaluate
from trainer.generate import Sampling
from trainer.ranks import choose_device

NO_ISOLATION = "none"
ISOLATIONS = ("auto", "namespaces", "landlock", "limits_only", NO_ISOLATION)


class Judging(NamedTuple):
    """How a judge is reached."""

    url: str
    model: str
    api_key_env: str | None
    max_requests: int | None
    requests_per_minute: float | None
    max_tries: int
    timeout_seconds: float

    def endpoint(self) -> Endpoint:
        """The client; the key is read from the environment and kept in memory alone."""
        key = None if self.api_key_env is None else os.environ.get(self.api_key_env)
        if self.api_key_env is not None and not key:
            raise SettingError(f"the environment has no {self.api_key_env}")
        limits = self.max_requests, self.requests_per_minute
        return Endpoint(self.url, key, self.timeout_seconds, self.max_tries, *limits)


def ask_tasks(
    checkpoints: list[Path],
    data: Path,
    output: Path,
    names: list[str] | None,
    limit: int | None,
    device: str,
    isolation: str,
    as_json: bool,
) -> None:
    """Tasks of local files: a table, or the file of results."""
    if isolation not in ISOLATIONS:
        raise SettingError(f"isolation {isolation!r} is none of {', '.join(ISOLATIONS)}")
    evaluation = evaluate(
        checkpoints,
        data,
        output,
        tasks=names,
        limit=limit,
        device=device_for(device),
        run_program=None if isolation == NO_ISOLATION else program_runner(isolation),
        log=_progress,
    )
    if as_json:
        print(evaluation.results.read_text(encoding="utf-8"), end="")
        return
    out.print(score_table(evaluation))
    for note in notes(evaluation):
        out.print(note, markup=False)
    print(f"results: {evaluation.results}")


def ask_judge(
    checkpoints: list[Path],
    prompts: Path,
    judging: Judging,
    sampling: tuple[int, float, float, int],
    output: Path,
    limit: int | None,
    device: str,
    as_json: bool,
) -> bool:
    """Win rates of two checkpoints; whether every judgement could be had. `sampling`: as the fields of `Sampling`."""
    endpoint = judging.endpoint()
    settings = JudgeSettings.model_validate({"model": judging.model, "seed": sampling[3]})
    asked = read_prompts(prompts, limit)
    first, second = (load_model(path) for path in checkpoints)
    for loaded in (first, second):
        loaded.model.to(torch.device(device_for(device)))
    output.mkdir(parents=True, exist_ok=True)
    made = compare_models(first, second, asked, Sampling(*sampling), settings, endpoint, output, _progress)
    if as_json:
        print(made.results.read_text(encoding="utf-8"), end="")
    else:
        for line in told(first.label, second.label, made):
            out.print(line, markup=False)
    return not made.failed and not made.spent


def ask_harness(
    checkpoints: list[Path],
    names: list[str] | None,
    data: Path | None,
    output: Path,
    limit: int | None,
    device: str,
    as_json: bool,
) -> None:
    """Tasks of lm-evaluation-harness, through an export of each checkpoint."""
    from pipelines.evaluation.harness import harness_table, run_harness

    results = run_harness(checkpoints, names, data, output, limit, device_for(device), _progress)
    print(json.dumps(results, indent=1)) if as_json else out.print(harness_table(results))


def told(first: str, second: str, made: Comparison) -> list[str]:
    """The win rate and what qualifies it, in lines."""
    rates = made.rates
    lines = [f"{first} against {second}: {rates.wins} wins, {rates.losses} losses, {rates.ties} ties"]
    if rates.prompts:
        rate, bias = rates.win_rate, rates.first_place_share
        lines.append(
            f"win rate {100 * rate.score:.1f} % [{100 * rate.low:.1f}, {100 * rate.high:.1f}], a tie as half a win"
        )
        if rate.low <= 0.5 <= rate.high:
            lines.append("the interval holds 50 %: this judge does not tell them apart on these prompts")
        if rates.first_place + rates.second_place:
            lines.append(
                f"the order decided {rates.flipped} of {rates.prompts} prompts (they are ties); of decided judgements "
                f"the answer in first place won {100 * bias.score:.1f} % [{100 * bias.low:.1f}, {100 * bias.high:.1f}]"
            )
    if rates.unreadable:
        lines.append(f"{rates.unreadable} prompts have a judgement without a verdict and do not count")
    if rates.missing:
        lines.append(f"{rates.missing} prompts lack a judgement; the same command goes on")
    return [*lines, f"results and transcripts: {made.results.parent}"]


def device_for(asked: str) -> str:
    """The device that is asked for, as torch names it; SettingError where it is not here."""
    return str(choose_device(asked))


def _progress(line: str) -> None:
    print(line, file=sys.stderr)

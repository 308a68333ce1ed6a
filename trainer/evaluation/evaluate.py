"""Checkpoints side by side on local task files, offline.

    <output>/<run>-<step>-<weights>/<task>.jsonl   every answer of a model
    <output>/results.json                          scores, intervals, differences

What was answered before, by the same weights from the same file, is not asked again.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from mixer import storage
from trainer.checkpoint_reading import LoadedModel, load_model
from trainer.errors import SettingError
from trainer.evaluation.answer_store import load_answers, save_answers
from trainer.evaluation.answering import RunProgram, answer_items
from trainer.evaluation.intervals import Interval
from trainer.evaluation.items import Answer, CodeProblem, Item
from trainer.evaluation.scores import Score, compare, score_groups, score_task
from trainer.evaluation.task_files import file_sha256, find_tasks, read_items
from trainer.evaluation.tasks import Task

RESULTS_NAME = "results.json"


@dataclass(frozen=True)
class ModelScores:
    """What one checkpoint scored, and by how much it differs from the first on the same items."""

    label: str
    checkpoint: Path
    weights_sha256: str
    step: int
    tasks: dict[str, Score]
    groups: dict[str, Score]
    against_first: dict[str, Interval]  # by task; empty for the first itself


@dataclass(frozen=True)
class Evaluation:
    """Everything that was asked, and the scores."""

    models: list[ModelScores]
    measures: dict[str, tuple[str, str]]  # group and measure by task
    skipped: dict[str, str]  # tasks with a file that were not asked, and why
    results: Path


def evaluate(
    checkpoints: Sequence[str | Path],
    data: Path,
    output: Path,
    *,
    tasks: Sequence[str] | None = None,
    limit: int | None = None,
    device: str = "cpu",
    run_program: RunProgram | None = None,
    log: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Ask every checkpoint all `tasks` (default: those with a file in `data`), `limit` items of each.

    Programs that models write are run by `run_program`; without it tasks of code are skipped, or a SettingError where
    they were asked for by name. Models are loaded one at a time.
    """
    if limit is not None and limit < 1:
        raise SettingError(f"{limit} items of each task are asked, at least 1 is needed")
    found = find_tasks(data, tasks)
    items = {task: read_items(task, path, limit) for task, path in found.items()}
    skipped = _without_programs(items, tasks) if run_program is None else {}
    asked = {task.name: _asked(task, found[task], limit) for task in items}
    all_answers: list[dict[Task, list[Answer]]] = []
    scores: list[ModelScores] = []
    for path in checkpoints:
        loaded = load_model(path)
        loaded.model.to(torch.device(device))
        answers = _answers(loaded, items, asked, output, run_program, log)
        all_answers.append(answers)
        scores.append(_scores(loaded, answers, items, all_answers[0] if len(all_answers) > 1 else None))
    scores = _told_apart(scores)
    measures = {task.name: (task.group, task.measure) for task in items}
    results = output / RESULTS_NAME
    _write(results, {"limit": limit, "tasks": asked, "skipped": skipped, "models": [_as_json(one) for one in scores]})
    return Evaluation(scores, measures, skipped, results)


def _without_programs(items: dict[Task, dict[str, Item]], named: Sequence[str] | None) -> dict[str, str]:
    """Take tasks of code out of `items`; what was taken out, and why."""
    code = [task for task, found in items.items() if any(isinstance(item, CodeProblem) for item in found.values())]
    if code and named is not None:
        raise SettingError(f"{', '.join(task.name for task in code)}: no way to run programs safely was given")
    for task in code:
        del items[task]
    return {task.name: "no way to run programs safely was given" for task in code}


def _asked(task: Task, path: Path, limit: int | None) -> dict[str, Any]:
    return {"task": task.name, "file": path.name, "file_sha256": file_sha256(path), "limit": limit}


def _answers(
    loaded: LoadedModel,
    items: dict[Task, dict[str, Item]],
    asked: dict[str, dict[str, Any]],
    output: Path,
    run_program: RunProgram | None,
    log: Callable[[str], None],
) -> dict[Task, list[Answer]]:
    folder = output / f"{loaded.path.resolve().parent.name}-{loaded.step}-{loaded.weights_sha256[:8]}"
    answers = {}
    for task, its in items.items():
        path = folder / f"{task.name}.jsonl"
        question = asked[task.name] | {"weights_sha256": loaded.weights_sha256}
        had = load_answers(path, question)
        if had is None:

            def each(done: int, of: int, name: str = task.name) -> None:
                log(f"{loaded.label}: {name} {done:,} of {of:,}")

            had = answer_items(loaded, task, its, run_program, each)
            save_answers(path, question, had)
        answers[task] = had
    return answers


def _scores(
    loaded: LoadedModel,
    answers: dict[Task, list[Answer]],
    items: dict[Task, dict[str, Item]],
    first: dict[Task, list[Answer]] | None,
) -> ModelScores:
    scores = {task: score_task(given, items[task]) for task, given in answers.items()}
    return ModelScores(
        label=loaded.label,
        checkpoint=loaded.path,
        weights_sha256=loaded.weights_sha256,
        step=loaded.step,
        tasks={task.name: score for task, score in scores.items()},
        groups=score_groups(scores),
        against_first={} if first is None else {task.name: compare(first[task], answers[task]) for task in answers},
    )


def _told_apart(models: list[ModelScores]) -> list[ModelScores]:
    """Labels that several have get their weights' hash behind them."""
    labels = [model.label for model in models]
    return [
        model if labels.count(model.label) == 1 else replace(model, label=f"{model.label} {model.weights_sha256[:8]}")
        for model in models
    ]


def _as_json(model: ModelScores) -> dict[str, Any]:
    return {
        "label": model.label,
        "checkpoint": str(model.checkpoint),
        "weights_sha256": model.weights_sha256,
        "step": model.step,
        "tasks": {name: score.as_json() for name, score in model.tasks.items()},
        "groups": {name: score.as_json() for name, score in model.groups.items()},
        "against_first": {name: difference._asdict() for name, difference in model.against_first.items()},
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    storage.write_bytes(str(path), (json.dumps(content, indent=1) + "\n").encode())

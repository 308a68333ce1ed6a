"""Scores as a table for a terminal: tasks down, checkpoints across."""

from rich.table import Table

from trainer.evaluation.evaluate import Evaluation
from trainer.evaluation.intervals import Interval
from trainer.evaluation.scores import Score
from trainer.evaluation.tasks import GROUPS

AT_CHANCE = "≈"  # behind a score that guessing may have made


def score_table(evaluation: Evaluation) -> Table:
    """A line a task, and one for each group's mean; with two checkpoints or more the differences from the first."""
    models = evaluation.models
    table = Table(title="Scores in percent with 95 % intervals, without examples", title_justify="left")
    for heading in ("group", "task", "measure", "items", "chance"):
        table.add_column(heading, justify="left" if heading in ("group", "task", "measure") else "right")
    for model in models:
        table.add_column(model.label, justify="right", overflow="fold")
    for model in models[1:]:
        table.add_column(f"{model.label} − {models[0].label}", justify="right", overflow="fold")
    for group in (*GROUPS, "other"):
        _add_group(table, group, evaluation)
    return table


def notes(evaluation: Evaluation) -> list[str]:
    """What a reader of the table has to know."""
    scores = [score for model in evaluation.models for score in (*model.tasks.values(), *model.groups.values())]
    lines = [f"not asked: {name}: {why}" for name, why in evaluation.skipped.items()]
    if any(score.is_chance for score in scores):
        lines.append(f"{AT_CHANCE}: cannot be told from guessing; its interval holds the chance level or lies below it")
    if scores and all(score.is_chance for score in scores):
        lines.append("no score here can be told from guessing: these numbers compare nothing")
    return lines


def _add_group(table: Table, group: str, evaluation: Evaluation) -> None:
    names = [name for name, (its, _) in evaluation.measures.items() if its == group]
    for name in names:
        scores = [model.tasks[name] for model in evaluation.models]
        differences = [_signed(model.against_first[name]) for model in evaluation.models[1:]]
        _add(table, group, name, evaluation.measures[name][1], scores, differences)
    if group in evaluation.models[0].groups:
        means = [model.groups[group] for model in evaluation.models]
        _add(table, group, "mean", f"of {len(names)} tasks", means, [""] * (len(evaluation.models) - 1))
    if names:
        table.add_section()


def _add(table: Table, group: str, name: str, measure: str, scores: list[Score], differences: list[str]) -> None:
    shown = [_percent(score) for score in scores]
    table.add_row(group, name, measure, f"{scores[0].items:,}", f"{100 * scores[0].chance:.1f}", *shown, *differences)


def _percent(score: Score) -> str:
    mark = f" {AT_CHANCE}" if score.is_chance else ""
    return f"{100 * score.score:.1f} [{100 * score.low:.1f}, {100 * score.high:.1f}]{mark}"


def _signed(difference: Interval) -> str:
    return f"{100 * difference.score:+.1f} [{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]"

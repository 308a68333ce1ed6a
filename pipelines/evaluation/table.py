"""Scores as a table for a terminal: tasks down, checkpoints across."""

from rich.table import Table

from trainer.evaluation.evaluate import Evaluation
from trainer.evaluation.intervals import Interval
from trainer.evaluation.scores import Score
from trainer.evaluation.tasks import GROUPS, OTHER

AT_CHANCE = "≈"  # behind a score that guessing may have made


def score_table(evaluation: Evaluation) -> Table:
    """A line a task, and one for each group's mean; of two checkpoints also the difference on the same items."""
    models = evaluation.models
    table = Table(title="Scores in percent with 95 % intervals, without examples", title_justify="left")
    table.add_column("task")
    for heading in ("items", "chance", *(model.label for model in models)):
        table.add_column(heading, justify="right", overflow="fold")
    if len(models) == 2:
        table.add_column("second − first", justify="right")
    for group in (*GROUPS, OTHER):
        _add_group(table, group, evaluation)
    return table


def notes(evaluation: Evaluation) -> list[str]:
    """What a reader of the table has to know."""
    scores = [score for model in evaluation.models for score in (*model.tasks.values(), *model.groups.values())]
    lines = [f"not asked: {name}: {why}" for name, why in evaluation.skipped.items()]
    for model in evaluation.models:
        cut = [f"{name} {score.cut:,} of {score.items:,}" for name, score in model.tasks.items() if score.cut]
        if cut:
            lines.append(
                f"{model.label} has rows too short for these, and read them without their beginning: {', '.join(cut)}"
            )
    if any(score.is_chance for score in scores):
        lines.append(f"{AT_CHANCE}: cannot be told from guessing; its interval holds the chance level or lies below it")
    if all(score.is_chance for score in scores):
        lines.append("no score here can be told from guessing: these numbers compare nothing")
    return lines


def _add_group(table: Table, group: str, evaluation: Evaluation) -> None:
    models = evaluation.models
    names = [name for name, (its, _) in evaluation.measures.items() if its == group]
    for name in names:
        scores = [model.tasks[name] for model in models]
        _add(table, name, scores, [_signed(models[1].against_first[name])] if len(models) == 2 else [])
    if group in models[0].groups:
        _add(table, f"{group}, mean of {len(names)}", [model.groups[group] for model in models], [])
    if names:
        table.add_section()


def _add(table: Table, name: str, scores: list[Score], behind: list[str]) -> None:
    table.add_row(name, f"{scores[0].items:,}", f"{100 * scores[0].chance:.1f}", *map(_percent, scores), *behind)


def _percent(score: Score) -> str:
    mark = AT_CHANCE if score.is_chance else " "
    return f"{100 * score.score:.1f} [{100 * score.low:.1f}, {100 * score.high:.1f}] {mark}"


def _signed(difference: Interval) -> str:
    return f"{100 * difference.score:+.1f} [{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]"

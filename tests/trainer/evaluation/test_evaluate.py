"""Two checkpoints on small task files: answers kept, taken up again, scored with chance and intervals."""

import json
from pathlib import Path

import pytest

from tests.trainer.evaluation.task_folder import make_task_folder
from tests.trainer.models import random_model, save_model
from trainer.errors import SettingError
from trainer.evaluation.answering import Ran
from trainer.evaluation.evaluate import Evaluation, evaluate
from trainer.evaluation.items import Answer, Choices
from trainer.evaluation.scores import chance_level, score_groups, score_task
from trainer.evaluation.tasks import TASKS

TASK = {task.name: task for task in TASKS}


def passes_when_long(solution: str, tests: str, entry_point: str) -> Ran:
    assert solution.startswith("def one():\n")
    assert "check(one)" in tests
    assert entry_point == "one"
    return Ran(True, "passed", "")


def refuse(*_: str) -> Ran:
    raise AssertionError("a program was run again")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    for seed in (1, 2):
        save_model(folder / f"run{seed}", random_model(seed), sequence_length=512)
    return [folder / "run1", folder / "run2"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_task_folder(tmp_path_factory.mktemp("tasks"))


@pytest.fixture(scope="module")
def evaluation(checkpoints: list[Path], data: Path, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    return evaluate(checkpoints, data, tmp_path_factory.mktemp("out"), run_program=passes_when_long)


def test_every_task_has_a_score_with_chance_and_interval(evaluation: Evaluation) -> None:
    first, second = evaluation.models
    assert set(first.tasks) == set(second.tasks) == {"nq_open", "copa", "arc_easy", "humaneval"}
    assert {name: round(score.chance, 3) for name, score in first.tasks.items()} == {
        "nq_open": 0.0,
        "copa": 0.5,
        "arc_easy": 0.333,
        "humaneval": 0.0,
    }
    for score in first.tasks.values():
        assert score.low <= score.score <= score.high
    assert (first.tasks["humaneval"].score, first.tasks["nq_open"].score) == (1.0, 0.0)
    assert not first.tasks["humaneval"].is_chance
    assert first.tasks["nq_open"].is_chance
    assert first.groups["reasoning"].score == pytest.approx(
        (first.tasks["copa"].score + first.tasks["arc_easy"].score) / 2
    )
    assert first.groups["reasoning"].chance == pytest.approx(5 / 12)


def test_differences_are_of_the_same_items(evaluation: Evaluation) -> None:
    first, second = evaluation.models
    assert first.against_first == {}
    for name, difference in second.against_first.items():
        assert difference.score == pytest.approx(second.tasks[name].score - first.tasks[name].score)


def test_answers_are_kept_with_what_they_were_chosen_by(evaluation: Evaluation) -> None:
    folder = next(evaluation.results.parent.glob("run1-7-*"))
    head, *lines = map(json.loads, (folder / "copa.jsonl").read_text().splitlines())
    assert head["asked"]["task"] == "copa"
    assert len(lines) == 12
    for line in lines:
        values = line["details"]["log_likelihood"]
        assert line["details"]["chosen"] == values.index(max(values))
        assert line["correct"] == (line["details"]["chosen"] == line["details"]["gold"])
    for line in map(json.loads, (folder / "arc_easy.jsonl").read_text().splitlines()[1:]):
        details = line["details"]
        rates = [value / size for value, size in zip(details["log_likelihood"], details["bytes"], strict=True)]
        assert details["chosen"] == rates.index(max(rates))
    results = json.loads(evaluation.results.read_text())
    assert [model["label"] for model in results["models"]] == ["run1@7", "run2@7"]


def test_a_second_evaluation_asks_nothing_again(checkpoints: list[Path], data: Path, evaluation: Evaluation) -> None:
    said: list[str] = []
    again = evaluate(checkpoints, data, evaluation.results.parent, run_program=refuse, log=said.append)
    assert said == []
    assert again == evaluation


def test_a_limit_or_another_file_is_another_question(checkpoints: list[Path], tmp_path: Path) -> None:
    data = make_task_folder(tmp_path / "tasks")
    said: list[str] = []

    def asked(limit: int | None = None) -> int:
        said.clear()
        made = evaluate(checkpoints[:1], data, tmp_path / "out", tasks=["copa"], limit=limit, log=said.append)
        return made.models[0].tasks["copa"].items

    assert (asked(), len(said)) == (12, 1)
    assert (asked(5), len(said)) == (5, 1)
    assert (asked(5), len(said)) == (5, 0)
    path = data / "copa.jsonl"
    path.write_text(path.read_text().replace("wet", "moist"))
    assert (asked(5), len(said)) == (5, 1)


def test_without_a_sandbox_programs_are_left_out_or_refused(
    checkpoints: list[Path], data: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match="humaneval: no way to run programs safely"):
        evaluate(checkpoints, data, tmp_path, tasks=["humaneval"])
    made = evaluate(checkpoints[:1], data, tmp_path, tasks=None, limit=2)
    assert list(made.skipped) == ["humaneval"]
    assert "code" not in made.models[0].groups


def test_a_score_below_chance_is_not_told_from_it() -> None:
    items = {str(number): Choices(("a", "a"), (" b", " c"), number % 2) for number in range(100)}

    def score(right: int) -> bool:
        return score_task([Answer(str(number), number < right, False, {}) for number in range(100)], items).is_chance

    assert [score(right) for right in (10, 50, 59, 70)] == [True, True, True, False]


def test_other_tasks_count_in_no_group() -> None:
    items = {"1": Choices(("a", "a"), (" b", " c"), 0)}
    scores = {TASK[name]: score_task([Answer("1", True, False, {})], items) for name in ("copa", "arc_challenge")}
    assert list(score_groups(scores)) == ["reasoning"]
    assert score_groups(scores)["reasoning"].tasks == 1


def test_what_does_not_fit_is_counted(data: Path, tmp_path: Path) -> None:
    """Rows of 12 tokens: longer questions lose their beginning, and at most 6 tokens are written."""
    checkpoint = save_model(tmp_path / "short", random_model(1), sequence_length=12)
    made = evaluate([checkpoint], data, tmp_path / "out", run_program=passes_when_long).models[0]
    assert (made.tasks["copa"].cut, made.tasks["nq_open"].cut, made.tasks["humaneval"].cut) == (0, 3, 0)
    assert made.groups["knowledge"].cut == 3
    whole = save_model(tmp_path / "whole", random_model(1), sequence_length=512)
    other = evaluate([whole], data, tmp_path / "out", tasks=["nq_open"], run_program=passes_when_long).models[0]
    assert other.tasks["nq_open"].cut == 0


def test_chance_is_the_best_answer_without_the_question() -> None:
    labels = {str(number): Choices(("q", "q"), (" no", " yes"), int(number < 62)) for number in range(100)}
    assert chance_level(labels) == 0.62
    texts = {str(number): Choices(("q",) * 4, (f" {number}", " b", " c", " d"), 0) for number in range(8)}
    assert chance_level(texts) == 0.25
    endings = {str(number): Choices(("Sarah", "Maria"), (" won.",) * 2, 0) for number in range(8)}
    assert chance_level(endings) == 0.5

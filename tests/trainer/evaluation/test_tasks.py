"""Items are read from lines as their tasks ask for them; samples are fair and always the same."""

import gzip
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from trainer.errors import SettingError
from trainer.evaluation.items import Choices, CodeProblem, Item, Question
from trainer.evaluation.task_files import find_tasks, read_items
from trainer.evaluation.tasks import GROUPS, OTHER, TASKS, Task

TASK = {task.name: task for task in TASKS}


def item_of(name: str, line: dict[str, Any]) -> Item | None:
    return TASK[name].read(line)


def write(folder: Path, name: str, lines: list[dict[str, Any]]) -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_choices_follow_the_question() -> None:
    line = {"query": "Passage: It rains.\nQuestion: is it wet?", "choices": ["no", "yes"], "gold": 1}
    context = "Passage: It rains.\nQuestion: is it wet?\nAnswer:"
    assert item_of("boolq", line) == Choices((context, context), (" no", " yes"), 1)
    piqa = item_of("piqa", {"query": "Question: dresser\n", "choices": ["a", "b"], "gold": 0})
    assert piqa == Choices(("Question: dresser\nAnswer:",) * 2, (" a", " b"), 0)


def test_winogrande_has_one_ending_for_two_beginnings() -> None:
    line = {"context_options": ["So Sarah", "So Maria"], "continuation": "won.", "gold": 1}
    assert item_of("winogrande", line) == Choices(("So Sarah", "So Maria"), (" won.", " won."), 1)


def test_questions_accept_every_alias() -> None:
    line = {"context": "Question: Who?\nAnswer:", "answer": "Ann", "aliases": ["Ann", "Anna"]}
    assert item_of("triviaqa", line) == Question("Question: Who?\nAnswer:", ("Ann", "Ann", "Anna"))
    assert item_of("nq_open", {"question": "who", "answer": ["x", "y"]}) == Question(
        "Question: who?\nAnswer:", ("x", "y")
    )


def test_programs_are_tested_as_published() -> None:
    line = {"prompt": "def f():\n", "test": "def check(c):\n    assert c() == 1\n", "entry_point": "f"}
    tests = "def check(c):\n    assert c() == 1\n\n\ncheck(f)\n"
    assert item_of("humaneval", line) == CodeProblem("def f():\n", "def f():\n", tests, "f")
    mbpp = {"text": "One.", "task_id": 11, "test_setup_code": "import math", "test_list": ["assert f() == 1"]}
    prompt = '"""\nOne.\nassert f() == 1\n"""\n'
    assert item_of("mbpp", mbpp) == CodeProblem(prompt, "", "import math\nassert f() == 1", "")
    assert item_of("mbpp", mbpp | {"task_id": 511}) is None


def test_a_sample_is_fair_and_grows_by_itself(tmp_path: Path) -> None:
    lines = [{"query": "q", "choices": ["a", "b"], "gold": int(number >= 500)} for number in range(1000)]
    path = write(tmp_path, "copa.jsonl", lines)
    few, more, everything = (read_items(TASK["copa"], path, limit) for limit in (100, 300, None))
    assert (len(few), len(more), len(everything)) == (100, 300, 1000)
    assert few.keys() < more.keys()
    assert list(more) == sorted(more, key=int)
    golds = Counter(item.gold for item in few.values() if isinstance(item, Choices))
    assert 30 < golds[0] < 70


def test_files_decide_which_tasks_there_are(tmp_path: Path) -> None:
    write(tmp_path, "copa.jsonl", [])
    (tmp_path / "HumanEval.jsonl.gz").write_bytes(gzip.compress(b""))
    assert [task.name for task in find_tasks(tmp_path)] == ["copa", "humaneval"]
    assert [task.name for task in find_tasks(tmp_path, ["humaneval"])] == ["humaneval"]
    with pytest.raises(SettingError, match=r"'piqa' needs piqa\.jsonl in"):
        find_tasks(tmp_path, ["piqa"])
    with pytest.raises(SettingError, match="'pica' is unknown; choose of triviaqa"):
        find_tasks(tmp_path, ["pica"])
    with pytest.raises(SettingError, match="has no file of a task"):
        find_tasks(tmp_path / "elsewhere")


@pytest.mark.parametrize("text", ["[]", '{"query": "q"}', "not json", "3"])
def test_a_line_that_is_no_item_is_named(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "copa.jsonl", [{"query": "q", "choices": ["a", "b"], "gold": 0}])
    path.write_text(path.read_text() + text + "\n")
    with pytest.raises(SettingError, match=r"copa\.jsonl, line 2, is no item of copa"):
        read_items(TASK["copa"], path)


def test_names_are_unique_and_groups_known() -> None:
    assert len(TASK) == len(TASKS)
    assert {task.group for task in TASKS} == {*GROUPS, OTHER}


SIZES = {"boolq": 3270, "piqa": 1838, "copa": 100, "humaneval": 164, "mbpp": 500, "arc_easy": 2376, "nq_open": 3610}


def test_the_published_files_are_read_whole() -> None:
    folder = Path(os.environ.get("MIXDOWN_DATA", "nowhere")) / "evals"
    if not folder.is_dir():
        pytest.skip("MIXDOWN_DATA names no folder with evals/")
    found = find_tasks(folder)
    items: dict[Task, dict[str, Item]] = {task: read_items(task, path) for task, path in found.items()}
    assert {task.name: len(items[task]) for task in items if task.name in SIZES} == SIZES
    for task, its in items.items():
        for item in its.values():
            if isinstance(item, Choices):
                assert 0 <= item.gold < len(item.continuations), task.name

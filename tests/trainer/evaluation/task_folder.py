"""Small task files of our own making, a line or a few of each kind."""

import json
from pathlib import Path
from typing import Any

LINES: dict[str, list[dict[str, Any]]] = {
    "copa.jsonl": [
        {"query": f"It rained {number} times, therefore", "choices": ["it was wet.", "it was dry."], "gold": number % 2}
        for number in range(12)
    ],
    "arc_easy.jsonl": [
        {"query": f"Question: {number} + 1 =", "choices": ["1", "two", "a great many"], "gold": number % 3}
        for number in range(6)
    ],
    "NQ-open.dev.jsonl": [{"question": f"what is {number}", "answer": ["a number"]} for number in range(3)],
    "HumanEval.jsonl": [
        {
            "task_id": "HumanEval/0",
            "prompt": "def one():\n",
            "test": "def check(candidate):\n    assert candidate() == 1\n",
            "entry_point": "one",
        }
    ],
}


def make_task_folder(folder: Path) -> Path:
    """Write them all into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in LINES.items():
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder

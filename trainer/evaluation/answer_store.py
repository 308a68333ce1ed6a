"""A model's answers to a task as a file, written whole: a later evaluation of the same takes them from there.

The first line says what was asked of which model; the others are answers.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mixer import storage
from trainer.evaluation.items import Answer

ANSWERS_VERSION = 1  # raised where prompts or measures change


def save_answers(path: Path, asked: dict[str, Any], answers: Sequence[Answer]) -> None:
    """Write what was `asked` and its answers to `path`."""
    lines = ({"asked": asked, "version": ANSWERS_VERSION}, *map(asdict, answers))
    text = "".join(json.dumps(line, ensure_ascii=True) + "\n" for line in lines)
    storage.write_bytes(str(path), text.encode())


def load_answers(path: Path, asked: dict[str, Any]) -> list[Answer] | None:
    """The answers at `path`, or None where there are none to what is `asked` now."""
    try:
        with path.open(encoding="utf-8") as file:
            if json.loads(file.readline()) != {"asked": asked, "version": ANSWERS_VERSION}:
                return None
            return [Answer(**json.loads(line)) for line in file]
    except (OSError, ValueError, TypeError):
        return None

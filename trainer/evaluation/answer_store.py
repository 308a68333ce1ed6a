"""A model's answers to a task as a file, written whole: a later evaluation of the same takes them from there.

The first line says what was asked of which model; the others are answers.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trainer.evaluation.items import Answer

ANSWERS_VERSION = 1  # raised where prompts or measures change


def save_answers(path: Path, asked: dict[str, Any], answers: Sequence[Answer]) -> None:
    """Write what was `asked` and its answers to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            for line in ({"asked": asked, "version": ANSWERS_VERSION}, *map(asdict, answers)):
                file.write(json.dumps(line, ensure_ascii=True) + "\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load_answers(path: Path, asked: dict[str, Any]) -> list[Answer] | None:
    """The answers at `path`, or None where there are none to what is `asked` now."""
    try:
        with path.open(encoding="utf-8") as file:
            if json.loads(file.readline()) != {"asked": asked, "version": ANSWERS_VERSION}:
                return None
            return [Answer(**json.loads(line)) for line in file]
    except (OSError, ValueError, TypeError):
        return None

"""A task's items out of its file: all of them, or a fair few that are always the same."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainer.errors import SettingError
from trainer.evaluation.items import Item
from trainer.evaluation.tasks import TASKS, Task


def find_tasks(folder: Path, names: Sequence[str] | None = None) -> dict[Task, Path]:
    """The tasks whose file lies in `folder`, or those that are named; SettingError where one is not there."""
    known = {task.name: task for task in TASKS}
    for name in names or ():
        if name not in known:
            raise SettingError(f"task {name!r} is unknown; choose of {', '.join(known)}")
    found: dict[Task, Path] = {}
    for task in TASKS if names is None else (known[name] for name in names):
        path = next((folder / name for name in task.files if (folder / name).is_file()), None)
        if path is not None:
            found[task] = path
        elif names is not None:
            raise SettingError(f"task {task.name!r} needs {' or '.join(task.files)} in {folder}")
    if not found:
        raise SettingError(f"{folder} has no file of a task; known are {', '.join(task.files[0] for task in TASKS)}")
    return found


def read_items(task: Task, path: Path, limit: int | None = None) -> dict[str, Item]:
    """The items by their place in the file, in its order; SettingError names a line that cannot be read.

    With `limit` those whose places have the least hashes are taken, so that a sorted file gives a fair sample.
    """
    items: dict[str, Item] = {}
    for number, line in enumerate(_lines(path), 1):
        try:
            item = task.read(json.loads(line))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise SettingError(
                f"{path}, line {number}, is no item of {task.name}: {type(error).__name__} {error}"
            ) from error
        if item is not None:
            items[str(number)] = item
    if not items:
        raise SettingError(f"{path} holds no items of {task.name}")
    if limit is not None and limit < len(items):
        kept = set(sorted(items, key=lambda place: (_hash(task.name, place), place))[:limit])
        items = {place: item for place, item in items.items() if place in kept}
    return items


def file_sha256(path: Path) -> str:
    """What the results name a task's file by."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _lines(path: Path) -> list[str]:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [line for line in file if line.strip()]


def _hash(name: str, place: str) -> bytes:
    return hashlib.blake2b(f"{name}\0{place}".encode(), digest_size=8).digest()

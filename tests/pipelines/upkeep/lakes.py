"""A lake with every kind of file, made in this process; and deletions that end half-way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mixer import storage
from pipelines.context import Context
from pipelines.recipe import Recipe, parse_recipe
from pipelines.upkeep import cleaning
from tests.pipelines.in_process import run, write_jsonl


def write_inputs(folder: Path, documents: int = 24) -> Path:
    """Prose with duplicates and what is refused, and code."""
    prose = [{"text": f"{n % 9} the lamp is lit each evening. " * (1 + n % 11)} for n in range(documents)]
    write_jsonl(folder / "web.jsonl", [*prose, prose[0], "no json"])
    code = [{"text": f"def f{n}(x):\n    return x + {n}\n" * (1 + n % 5)} for n in range(documents // 2)]
    write_jsonl(folder / "code.jsonl", code)
    return folder


def recipe_of(folder: Path, min_chars: int = 20, budget: int = 1600, name: str = "small", **keys: Any) -> Recipe:
    """A condition, a tier, held-out documents."""
    rules = [{"length": {"min_chars": min_chars}}]
    web = {"name": "web", "kind": "jsonl", "uri": str(folder / "web.jsonl"), "rules": rules, "where": "n_chars < 350"}
    code = {"name": "code", "kind": "jsonl_code", "uri": str(folder / "code.jsonl"), "rules": rules}
    weights = {"web": 0.25, "short": 0.25, "code": 0.5}
    content = {
        "name": name,
        "sources": [web, code],
        "tiers": [{"name": "short", "from": "web", "where": "n_chars < 120"}],
        "phases": [{"name": "main", "budget_tokens": budget, "weights": weights}],
        "sequence_length": 32,
        "rows_per_shard": 20,
        "max_epochs": 500,
        "retention": {"max_loss": 1.0},
        "validation": {"share": 0.2},
    }
    return parse_recipe(content | keys)


def build(recipe: Recipe, lake: Path, until: str = "mix") -> Context:
    """The recipe built in this process."""
    return run(recipe, lake, until)


class Interrupted(BaseException):
    """Somebody ended the process."""


class HalfFileSystem:
    """A local file system whose folders go file by file, and which stops at the `left`-th deletion."""

    def __init__(self, inner: Any, left: list[int], stop: Callable[[], None]) -> None:
        self._inner = inner
        self._left = left
        self._stop = stop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def delete_file(self, path: str) -> None:
        """One of the counted deletions."""
        if self._left[0] <= 0:
            self._stop()
        self._left[0] -= 1
        self._inner.delete_file(path)

    def delete_dir(self, path: str) -> None:
        """As an object store does it."""
        for file in sorted(Path(path).rglob("*")):
            if file.is_file():
                self.delete_file(str(file))
        self._inner.delete_dir(path)


@contextmanager
def stopping_after(deletions: int, stop: Callable[[], None]) -> Iterator[None]:
    """`stop()` is called instead of the deletion after so many."""
    left = [deletions]
    original = storage.resolve

    def resolve(uri: str) -> tuple[Any, str]:
        filesystem, path = original(uri)
        return HalfFileSystem(filesystem, left, stop), path

    with patch.object(cleaning.storage, "resolve", resolve):
        yield


def interrupt() -> None:
    """As Ctrl-C does."""
    raise Interrupted

"""Tasks of lm-evaluation-harness (`pip install mixdown[eval]`), asked through an export of each checkpoint.

The harness fetches its data from the Hugging Face hub. Where that cannot be reached, tasks of one's own whose YAML
names local files work (`--data`), and so does `mixdown eval --data` without the harness.
"""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.table import Table

from mixer import storage
from trainer.checkpoint_reading import load_model
from trainer.errors import SettingError
from trainer.export.hugging_face import export_model

# The paper's tasks by the harness' names, 0-shot. QuAC is not in the harness. HumanEval and MBPP are left out: it runs
# what a model wrote without any confinement, and `mixdown eval --data` runs it in the sandbox.
PAPERS_TASKS: dict[str, tuple[str, ...]] = {
    "knowledge": ("triviaqa", "nq_open"),
    "reasoning": (
        "boolq",
        "piqa",
        "sciq",
        "social_iqa",
        "cb",
        "copa",
        "storycloze_2016",
        "hellaswag",
        "winogrande",
        "arc_easy",
    ),
}
UNSAFE_TASKS = ("humaneval", "mbpp")
NETWORK_ERRORS = ("ConnectionError", "OfflineModeIsEnabled", "LocalEntryNotFoundError", "MaxRetryError", "ConnectError")
OFFLINE_WAY = (
    "give task files with --data and leave --harness out, or name tasks of your own whose YAML reads local files "
    "(--harness --data FOLDER --tasks NAME)"
)


def run_harness(
    checkpoints: list[Path],
    names: list[str] | None,
    include: Path | None,
    output: Path,
    limit: int | None,
    device: str,
    log: Callable[[str], None],
) -> dict[str, Any]:
    """The harness' results by checkpoint, written to `<output>/harness.json`; SettingError says what is missing."""
    evaluator, tasks, models = _harness()
    asked = [name for group in PAPERS_TASKS.values() for name in group] if names is None else names
    unsafe = [name for name in asked if name.startswith(UNSAFE_TASKS)]
    if unsafe:
        raise SettingError(f"{', '.join(unsafe)}: the harness runs programs unconfined; leave --harness out")
    results: dict[str, Any] = {}
    for path in checkpoints:
        loaded = load_model(path)
        log(f"{loaded.label}: exported for the harness")
        # Named by the weights: the same model is exported once, another one never taken for it.
        folder = output / "exported" / loaded.weights_sha256[:16]
        if not folder.is_dir():
            export_model(loaded, folder)
        try:
            manager = tasks.TaskManager(include_path=None if include is None else str(include))
            model = models.HFLM(
                pretrained=str(folder), device=device, dtype="float32", batch_size=8, max_length=loaded.sequence_length
            )
            found = evaluator.simple_evaluate(
                model=model, tasks=asked, task_manager=manager, num_fewshot=0, limit=limit, log_samples=False
            )
        except Exception as error:
            raise _explained(error, asked) from error
        results[f"{loaded.label} {loaded.weights_sha256[:8]}"] = {
            "weights_sha256": loaded.weights_sha256,
            "tasks": found["results"],
            "groups": _group_means(found["results"]),
        }
    _write(output / "harness.json", results)
    return results


def harness_table(results: dict[str, Any]) -> Table:
    """A line a task and measure, a column a checkpoint."""
    table = Table(title="lm-evaluation-harness, without examples; ± one standard error", title_justify="left")
    for heading in ("task", "measure", *results):
        table.add_column(heading, justify="right" if heading in results else "left", overflow="fold")
    for task, measures in next(iter(results.values()))["tasks"].items():
        for measure, value in measures.items():
            if isinstance(value, float) and "_stderr" not in measure:
                table.add_row(task, measure, *(_shown(one["tasks"][task], measure) for one in results.values()))
    for group, its in next(iter(results.values()))["groups"].items():
        means = [f"{100 * one['groups'][group]['mean']:.1f}" for one in results.values()]
        table.add_row(group, f"mean of {its['tasks']}", *means)
    return table


def _shown(measures: dict[str, Any], measure: str) -> str:
    error = measures.get(measure.replace(",", "_stderr,"))
    behind = f" ± {100 * error:.1f}" if isinstance(error, float) else ""
    return f"{100 * measures[measure]:.1f}{behind}"


def _group_means(found: dict[str, Any]) -> dict[str, Any]:
    """The paper's category scores: means of accuracy or exact match over the tasks that were asked."""
    groups = {}
    for group, names in PAPERS_TASKS.items():
        values = [value for name in names if (value := _main_measure(found.get(name, {}))) is not None]
        if values:
            groups[group] = {"mean": sum(values) / len(values), "tasks": len(values)}
    return groups


def _main_measure(measures: dict[str, Any]) -> float | None:
    for prefix in ("acc,", "exact_match,"):
        found = [value for name, value in measures.items() if name.startswith(prefix) and isinstance(value, float)]
        if found:
            return found[0]
    return None


def _harness() -> tuple[Any, Any, Any]:
    """Its modules; they are imported by name, as they have no types and are optional."""
    try:
        return tuple(
            import_module(name) for name in ("lm_eval.evaluator", "lm_eval.tasks", "lm_eval.models.huggingface")
        )  # type: ignore[return-value]
    except ImportError as error:
        raise SettingError(
            f"lm-evaluation-harness is not installed ({error}): pip install 'mixdown[eval]'; or {OFFLINE_WAY}"
        ) from error


def _explained(error: BaseException, asked: list[str]) -> Exception:
    """A message with the way out where data could not be fetched or a task is unknown; else the error itself."""
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    if any(type(one).__name__ in NETWORK_ERRORS for one in chain):
        return SettingError(f"the data of {', '.join(asked)} cannot be fetched ({str(error)[:200]}): {OFFLINE_WAY}")
    if isinstance(error, KeyError | ValueError) and any(name in str(error) for name in asked):
        return SettingError(f"the harness cannot ask {', '.join(asked)}: {str(error)[:300]}")
    return error if isinstance(error, Exception) else RuntimeError(str(error))


def _write(path: Path, content: dict[str, Any]) -> None:
    storage.write_bytes(str(path), (json.dumps(content, indent=1, default=str) + "\n").encode())

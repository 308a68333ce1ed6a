"""An ablation from its recipe to its report: mixtures, runs, numbers, recommendation."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.table import Table

from mixer import storage
from mixer.manifest import read_manifest
from pipelines.ablation.mixtures import build_mixtures, with_validation
from pipelines.ablation.plot import write_plot
from pipelines.ablation.recommendation import Recommendation, recommend
from pipelines.ablation.results import Measured, groups_of, groups_of_manifest, read_results
from pipelines.ablation.running import Run, run_all
from pipelines.ablation.settings import AblationSettings, run_folder, run_name
from pipelines.ablation.slots import slots
from pipelines.ablation.tables import as_markdown, bits_table, change_table
from pipelines.context import Context
from pipelines.progress import Progress
from pipelines.recipe import Recipe
from pipelines.recipe_keys.problems import RecipeError


class Ablation(NamedTuple):
    """What came of it."""

    measured: Measured
    recommendation: Recommendation
    tables: list[Table]
    notes: list[str]


def run_ablation(
    recipe: Recipe,
    settings: AblationSettings,
    output: Path,
    parallel: int | None,
    new_context: Callable[[Recipe], Context],
) -> Ablation:
    """Build, train and compare; writes `ablation.json`, `ablation.md` and `ablation.svg` into `output`.

    What is done already, by the same command or a larger one, is not done again. RecipeError for what cannot be
    mixed, RunFailed when a run ends with an error.
    """
    progress = Progress()
    recipe, notes = with_validation(recipe)
    _check_goal(recipe, settings)
    places = slots(settings.device, parallel)
    with progress.waiting("mixtures"):
        manifests = build_mixtures(recipe, settings.ratios, settings.seeds, new_context)
    runs = [
        Run(run_name(ratio, seed), run_folder(output, ratio, seed), uri, seed)
        for (ratio, seed), uri in manifests.items()
    ]
    run_all(runs, settings.training(), places, progress.say)
    group_of = groups_of_manifest(read_manifest(runs[0].manifest_uri))
    measured = read_results(output, settings.ratios, settings.seeds, group_of)
    recommendation = recommend(measured, settings.goal)
    baseline = 0.0 if 0.0 in settings.ratios else min(settings.ratios)
    found = Ablation(
        measured, recommendation, [bits_table(measured, recommendation), change_table(measured, baseline)], notes
    )
    write_report(output, recipe, settings, found)
    return found


def write_report(output: Path, recipe: Recipe, settings: AblationSettings, found: Ablation) -> None:
    """The numbers for programs, the tables for a page, the picture."""
    tokens = sum(recipe.budgets())
    title = f"{recipe.name}: {settings.preset}, {tokens:,} tokens, {settings.seeds} seeds"
    numbers = {
        "recipe": recipe.name,
        "settings": settings.model_dump(mode="json"),
        "budget_tokens": tokens,
        "ratios": found.measured.ratios,
        "bits_per_byte": {name: values.tolist() for name, values in found.measured.sources.items()},
        "groups": {name: values.tolist() for name, values in found.measured.groups.items()},
        "recommendation": {
            "ratio": found.recommendation.ratio,
            "goal": found.recommendation.goal,
            "not_separated": found.recommendation.not_separated,
            "words": found.recommendation.words(),
        },
    }
    storage.write_bytes(str(output / "ablation.json"), json.dumps(numbers, indent=1).encode())
    tables = "\n\n".join(f"{table.title}\n\n{as_markdown(table)}" for table in found.tables)
    page = f"# {title}\n\n{found.recommendation.words()}\n\n![bits per byte](ablation.svg)\n\n{tables}\n"
    storage.write_bytes(str(output / "ablation.md"), page.encode())
    write_plot(output / "ablation.svg", found.measured, found.recommendation, title)


def _check_goal(recipe: Recipe, settings: AblationSettings) -> None:
    """RecipeError for a goal that names nothing of the recipe, before hours are spent."""
    known = {*groups_of(source.group_name() for source in recipe.sources), *(source.name for source in recipe.sources)}
    unknown = sorted(set(settings.goal) - known)
    if unknown:
        raise RecipeError(f"--goal names {', '.join(unknown)}; the recipe has {', '.join(sorted(known))}")

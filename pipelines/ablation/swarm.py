"""A swarm from its recipe to its report: mixtures drawn, trained, fitted, and the best predicted one as a recipe."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from mixer import storage
from mixer.manifest import MixtureManifest, read_manifest
from pipelines.ablation.mixtures import built, with_validation
from pipelines.ablation.recommendation import goal_score, shares_of
from pipelines.ablation.regression import FloatArray, Predicted, predict_best
from pipelines.ablation.results import bits_of_run, groups_of_manifest, last_validation
from pipelines.ablation.running import Run, run_all
from pipelines.ablation.settings import AblationSettings
from pipelines.ablation.slots import slots
from pipelines.ablation.swarm_mixtures import candidates, swarm
from pipelines.context import Context
from pipelines.progress import Progress
from pipelines.recipe import Recipe
from pipelines.recipe_keys.problems import RecipeError

COOLDOWN = "cooldown"  # keeps its own weights
CANDIDATES = 20_000
DIGITS = 4  # of the weights that are written


class Swarm(NamedTuple):
    """What came of it."""

    sources: list[str]
    weights: FloatArray  # [mixtures, sources]
    scores: FloatArray  # [mixtures]
    predicted: Predicted
    notes: list[str]


def run_swarm(
    recipe: Recipe,
    settings: AblationSettings,
    count: int,
    output: Path,
    parallel: int | None,
    new_context: Callable[[Recipe], Context],
) -> Swarm:
    """Draw, train, fit; writes `swarm.json` and, as `best.yaml`, the recipe with the best weights to `output`."""
    if count < 4:
        raise RecipeError(f"--swarm {count}: at least 4 mixtures are needed, some 64 are worth fitting")
    progress = Progress()
    recipe, notes = with_validation(recipe)
    sources = [source.name for source in recipe.sources]
    places = slots(settings.device, parallel)
    with progress.waiting("mixtures"):
        natural, most = _limits(built(_weighted(recipe, sources, None), new_context), recipe, sources)
        weights = swarm(natural, count, most, recipe.seed)
        manifests = [built(_weighted(recipe, sources, row), new_context)[1] for row in weights]
    runs = [Run(f"mixture-{at:03d}", output / "runs" / f"mixture-{at:03d}", uri, 0) for at, uri in enumerate(manifests)]
    run_all(runs, settings.training(), places, progress.say)
    scores = _scores(runs, settings, groups_of_manifest(read_manifest(manifests[0])))
    predicted = predict_best(weights, scores, candidates(natural, CANDIDATES, most, recipe.seed + 1))
    found = Swarm(sources, weights, scores, predicted, notes)
    _write(output, recipe, found)
    return found


def _weighted(recipe: Recipe, sources: list[str], weights: FloatArray | None) -> Recipe:
    """The recipe with these weights, or natural ones, in every phase but a cooldown."""
    chosen: object = "natural" if weights is None else dict(zip(sources, weights.tolist(), strict=True))
    phases = [
        phase if phase.name == COOLDOWN else phase.model_copy(update={"weights": chosen, "code_ratio": None})
        for phase in recipe.phases
    ]
    return recipe.model_copy(update={"phases": phases})


def _limits(mixture: tuple[MixtureManifest, str], recipe: Recipe, sources: list[str]) -> tuple[FloatArray, FloatArray]:
    """Each source's natural share, and the largest that its epochs allow: p <= epochs * tokens / budget (Olmix)."""
    totals = {total.name: total for total in mixture[0].sources}
    tokens = np.array([totals[name].available_tokens for name in sources], dtype=np.float64)
    caps = np.array([totals[name].max_epochs or np.inf for name in sources])
    return tokens / tokens.sum(), np.minimum(1.0, caps * tokens / sum(recipe.budgets()))


def _scores(runs: list[Run], settings: AblationSettings, group_of: dict[str, str]) -> FloatArray:
    """The goal's relative bits per byte of each run, less is better."""
    tables = []
    for run in runs:
        sources, groups = bits_of_run(last_validation(run.folder), group_of)
        tables.append(sources | groups)
    return goal_score(lambda name: np.array([table[name] for table in tables]), shares_of(settings.goal))


def _write(output: Path, recipe: Recipe, found: Swarm) -> None:
    best = found.predicted
    numbers = {
        "sources": found.sources,
        "weights": found.weights.tolist(),
        "scores": found.scores.tolist(),
        "best": {
            "weights": dict(zip(found.sources, best.weights.tolist(), strict=True)),
            "weight_deviations": dict(zip(found.sources, best.weight_deviations.tolist(), strict=True)),
            "score": best.score,
            "score_deviation": best.score_deviation,
            "rank_correlation": None if np.isnan(best.rank_correlation) else best.rank_correlation,
        },
    }
    storage.write_bytes(str(output / "swarm.json"), json.dumps(numbers, indent=1).encode())
    weights = np.round(best.weights, DIGITS)
    content = _weighted(recipe, found.sources, weights).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for source, spec in zip(content["sources"], recipe.sources, strict=True):
        source["uri"] = spec.uris()
    text = f"# {recipe.name} with the weights that a swarm of {len(found.scores)} mixtures predicts to be best.\n"
    storage.write_bytes(str(output / "best.yaml"), (text + yaml.safe_dump(content, sort_keys=False)).encode())

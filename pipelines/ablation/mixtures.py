"""The mixtures of an ablation: one lake, one tokenization, a mixture for each ratio and seed."""

from collections.abc import Callable, Sequence

from mixer.manifest import MANIFEST_NAME, MixtureManifest
from pipelines.ablation.settings import DEFAULT_VALIDATION_SHARE
from pipelines.build import build
from pipelines.context import Context
from pipelines.recipe import Recipe
from pipelines.recipe_keys.problems import RecipeError
from pipelines.recipe_keys.validation import ValidationSpec


def with_validation(recipe: Recipe) -> tuple[Recipe, list[str]]:
    """The recipe, holding documents out if it does not, and what is to be said of that."""
    if recipe.validation is not None:
        return recipe, []
    spec = ValidationSpec(share=DEFAULT_VALIDATION_SHARE)
    note = f"the recipe holds no documents out: {DEFAULT_VALIDATION_SHARE:.0%} of each source's are, for validation"
    return recipe.model_copy(update={"validation": spec}), [note]


def variant(recipe: Recipe, ratio: float, seed: int) -> Recipe:
    """The recipe of one run: its ratio, and with each seed other documents in another order."""
    return recipe.with_code_ratio(ratio).model_copy(update={"seed": recipe.seed + seed})


def build_mixtures(
    recipe: Recipe, ratios: Sequence[float], seeds: int, new_context: Callable[[Recipe], Context]
) -> dict[tuple[float, int], str]:
    """(ratio, seed) -> the uri of its mixture's manifest; all recipes are checked before any work is done."""
    recipes = {(ratio, seed): variant(recipe, ratio, seed) for ratio in ratios for seed in range(seeds)}
    return {key: built(each, new_context)[1] for key, each in recipes.items()}


def built(recipe: Recipe, new_context: Callable[[Recipe], Context]) -> tuple[MixtureManifest, str]:
    """The recipe's mixture, made if it is not there: its manifest, and the uri of it."""
    context = new_context(recipe)
    manifest = build(context)
    if manifest is None:
        raise RecipeError(f"no mixture came of {recipe.name}")
    return manifest, f"{context.mixture_uri}/{MANIFEST_NAME}"

"""What a recipe reads from other files: its sources, and weights that other tools found."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import yaml

from pipelines.recipe_keys.bounded_yaml import bounded_yaml
from pipelines.recipe_keys.problems import RecipeError, unknown

# What decides the text stages, so that recipes over the same sources file share their lake
SHARED_KEYS = ("sources", "tiers", "groups", "measure", "rules", "dedup", "tokenizer", "retention", "salt")
WEIGHT_SUFFIXES = (".csv", ".json")


def read_yaml(path: Path, what: str) -> dict[str, Any]:
    """The mapping in YAML file `path`; RecipeError when there is none."""
    try:
        content = bounded_yaml(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise RecipeError(f"no {what} at {path}; shipped ones are in recipes/") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise RecipeError(f"{path} holds {type(content).__name__}, not a mapping with {what} keys")
    return content


def with_shared(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """The recipe's content over that of the sources file `path`: the recipe wins, group by group, rule by rule."""
    shared = with_weights(read_yaml(path, "sources file"), path.absolute().parent)
    for key in shared:
        if key not in SHARED_KEYS:
            raise RecipeError(f"{path}: {unknown('key', str(key), SHARED_KEYS)} (a sources file has no others)")
    if not isinstance(shared.get("sources"), list):
        raise RecipeError(f"{path} needs a list under `sources:`")
    merged = shared | {key: value for key, value in content.items() if key != "sources"}
    for key in ("groups", "measure", "rules"):
        if isinstance(shared.get(key), dict) and isinstance(content.get(key), dict):
            merged[key] = shared[key] | content[key]
    if isinstance(shared.get("tiers"), list) and isinstance(content.get("tiers"), list):
        merged["tiers"] = shared["tiers"] + content["tiers"]
    return merged


def with_weights(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The content with every `weights: FILE.csv` or `.json` of its groups and phases read from `folder`."""
    phases, groups = content.get("phases"), content.get("groups")
    if isinstance(phases, list):
        content = content | {"phases": [_imported(phase, folder) for phase in phases]}
    if isinstance(groups, dict):
        content = content | {"groups": {name: _imported(group, folder) for name, group in groups.items()}}
    return content


def _imported(weighting: Any, folder: Path) -> Any:
    weights = weighting.get("weights") if isinstance(weighting, dict) else None
    if isinstance(weights, str) and weights.endswith(WEIGHT_SUFFIXES):
        return weighting | {"weights": read_weights(folder / weights)}
    return weighting


def read_weights(path: Path) -> dict[str, float]:
    """Weights by name: a JSON object, or CSV lines `name,weight` with or without a header; RecipeError for others."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"weights {path} cannot be read: {error}") from error
    try:
        pairs = _json_pairs(text) if path.suffix == ".json" else _csv_pairs(text)
        weights = {str(name).strip(): float(weight) for name, weight in pairs}
    except (ValueError, TypeError) as error:
        raise RecipeError(
            f"weights {path}: {error}. Expected a JSON object of name: weight, or CSV lines `name,weight`"
        ) from error
    if len(weights) < len(pairs):
        raise RecipeError(f"weights {path} name a source twice")
    return weights


def _json_pairs(text: str) -> list[tuple[Any, Any]]:
    content = json.loads(text, object_pairs_hook=list)
    if not isinstance(content, list) or not all(isinstance(pair, tuple) for pair in content):
        raise ValueError("not a JSON object")
    return content


def _csv_pairs(text: str) -> list[tuple[Any, Any]]:
    rows = [row for row in csv.reader(io.StringIO(text)) if row and not row[0].lstrip().startswith("#")]
    if any(len(row) != 2 for row in rows):
        raise ValueError("a line without exactly two columns")
    if rows and not _is_number(rows[0][1]):
        rows = rows[1:]  # a header
    return [(name, weight) for name, weight in rows]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

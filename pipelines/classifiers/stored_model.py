"""Classifiers that were trained, in the lake: `<lake>/models/<fingerprint>/model.bin`, and the manifest of how."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict

from mixer import storage
from mixer.manifest import MANIFEST_NAME
from pipelines.lake import Lake, PartFile
from pipelines.recipe_keys.problems import RecipeError

LAKE_SCHEME = "lake:"
MODEL_FILE = "model.bin"

_FINGERPRINT = re.compile(r"[0-9a-f]{24}")


class ModelManifest(BaseModel):
    """What a trained classifier is and what made it."""

    model_config = ConfigDict(extra="forbid")

    fingerprint: str
    settings: dict[str, Any]  # of training and of the choice of documents
    inputs: dict[str, dict[str, str]]  # label -> source or file -> what it held
    counts: dict[str, dict[str, int]]  # label -> documents found, trained on, held out
    metrics: dict[str, Any]  # on the documents held out
    versions: dict[str, str]
    files: list[PartFile]


def model_folder(lake: Lake, fingerprint: str) -> str:
    """Where a model and its manifest are."""
    return f"{lake.uri}/models/{fingerprint}"


def find_model(lake: Lake, fingerprint: str) -> ModelManifest | None:
    """The manifest of a trained model, None when there is none; DamagedFile when its file is gone."""
    uri = f"{model_folder(lake, fingerprint)}/{MANIFEST_NAME}"
    if not storage.exists(uri):
        return None
    manifest = ModelManifest.model_validate_json(storage.read_bytes(uri))
    storage.check_files(model_folder(lake, fingerprint), {file.path: file.bytes for file in manifest.files})
    return manifest


def stored_model(uri: str, lake: Lake) -> dict[str, str]:
    """`uri` and `sha256` of the model that `lake:<fingerprint>` names; RecipeError when the lake has none."""
    fingerprint = uri.removeprefix(LAKE_SCHEME)
    manifest = find_model(lake, fingerprint) if _FINGERPRINT.fullmatch(fingerprint) else None
    if manifest is None:
        raise RecipeError(f"{uri!r}: no such model in {lake.uri}; `mixdown train-classifier` names those it trains")
    (file,) = manifest.files
    return {"uri": f"{model_folder(lake, fingerprint)}/{file.path}", "sha256": file.sha256}

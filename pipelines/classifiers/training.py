"""Training a quality classifier and storing it: `<lake>/models/<fingerprint>/`, the manifest last."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from mixer import storage
from mixer.manifest import MANIFEST_NAME
from pipelines.classifiers.choice import Chosen, choose
from pipelines.classifiers.examples import Examples
from pipelines.classifiers.metrics import metrics_of
from pipelines.classifiers.stored_model import MODEL_FILE, ModelManifest, find_model, model_folder
from pipelines.lake import Lake, PartFile, fingerprint
from pipelines.recipe_keys.problems import RecipeError
from quality.fasttext.model import load_model
from quality.fasttext.model_writer import model_bytes
from quality.fasttext.predict import label_scores
from quality.fasttext.training import train
from quality.fasttext.training_settings import TrainingSettings
from quality.input_file import InputFile

STAGE = "train-classifier"
VERSION = 1  # raise it whenever the same input would give another model
POSITIVE, NEGATIVE = LABELS = ("__label__hq", "__label__cc")  # DCLM's
LEAST_DOCUMENTS = 10  # of a label to train on; with fewer, a mistake is likelier than a wish


class ClassifierTraining(TrainingSettings):
    """What a person sets: training, and the choice of documents."""

    max_documents: int | None = Field(None, ge=1, description="At most so many of each label; none: all there are.")
    held_out: float = Field(0.1, gt=0, lt=1, description="Share of documents that measures the model, by hash.")


@dataclass(frozen=True)
class TrainedClassifier:
    """The model and whether this run made it."""

    manifest: ModelManifest
    uri: str
    is_new: bool


def train_classifier(
    positives: Sequence[Examples], negatives: Sequence[Examples], settings: ClassifierTraining, lake: Lake
) -> TrainedClassifier:
    """The classifier of these documents: found in the lake, or trained, measured and stored there."""
    inputs = {
        label: {f"{number:03d} {examples.name}": examples.held for number, examples in enumerate(own)}
        for label, own in zip(LABELS, (positives, negatives), strict=True)
    }
    # By content: where a file lies and what a source is called change nothing.
    held = {f"{label}/{number:03d}": e.held for label, own in _by_label(positives, negatives) for number, e in own}
    name = fingerprint(STAGE, VERSION, settings.model_dump(), held)
    uri = f"{model_folder(lake, name)}/{MODEL_FILE}"
    found = find_model(lake, name)
    if found is not None:
        return TrainedClassifier(found, uri, is_new=False)
    chosen = choose((positives, negatives), settings.seed, settings.max_documents, settings.held_out)
    _check_enough(chosen)
    file = _train(chosen, settings, uri)
    manifest = ModelManifest(
        fingerprint=name,
        settings=settings.model_dump(),
        inputs=inputs,
        counts=_counts(chosen),
        metrics=_measured(chosen, InputFile(uri=uri, sha256=file.sha256)),
        versions=_versions(),
        files=[file],
    )
    text = manifest.model_dump_json(indent=1)
    storage.write_bytes(f"{model_folder(lake, name)}/{MANIFEST_NAME}", text.encode())
    return TrainedClassifier(manifest, uri, is_new=True)


def _by_label(*of_labels: Sequence[Examples]) -> list[tuple[str, list[tuple[int, Examples]]]]:
    ordered = (sorted(own, key=lambda examples: examples.held) for own in of_labels)
    return [(label, list(enumerate(own))) for label, own in zip(LABELS, ordered, strict=True)]


def _check_enough(chosen: Chosen) -> None:
    for number, label in enumerate(LABELS):
        of_label = chosen.labels == number
        n_trained = int((of_label & ~chosen.held_out).sum())
        if n_trained < LEAST_DOCUMENTS or not (of_label & chosen.held_out).any():
            raise RecipeError(
                f"{n_trained} documents of {label} to train on and {int((of_label & chosen.held_out).sum())} held out "
                f"(different texts found: {chosen.found}, with both labels: {chosen.ambiguous}); at least "
                f"{LEAST_DOCUMENTS} and 1 are needed"
            )


def _train(chosen: Chosen, settings: ClassifierTraining, uri: str) -> PartFile:
    """Train on what is not held out and write the model."""
    trained_on = ~chosen.held_out
    labels = chosen.labels[trained_on]
    vocabulary, weights = train(chosen.texts.filter(pa.array(trained_on)), labels, len(LABELS), settings)
    counts = [(label.encode(), int((labels == number).sum())) for number, label in enumerate(LABELS)]
    with storage.AtomicSink(uri) as sink:
        for piece in model_bytes(settings, vocabulary, counts, weights.input_rows, weights.output_rows):
            sink.write(piece)
    return PartFile(path=MODEL_FILE, rows=0, bytes=sink.size_bytes, sha256=sink.sha256.hexdigest())


def _measured(chosen: Chosen, model: InputFile) -> dict[str, Any]:
    """The stored model's metrics on the documents held out, as a build will score them."""
    scores = label_scores(chosen.texts.filter(pa.array(chosen.held_out)), load_model(model), POSITIVE)
    is_positive = chosen.labels[chosen.held_out] == LABELS.index(POSITIVE)
    scores = np.nan_to_num(scores)
    return metrics_of(scores[is_positive], scores[~is_positive])


def _counts(chosen: Chosen) -> dict[str, dict[str, int]]:
    counts = {}
    for number, label in enumerate(LABELS):
        of_label = chosen.labels == number
        counts[label] = {
            "found": chosen.found[number],
            "trained_on": int((of_label & ~chosen.held_out).sum()),
            "held_out": int((of_label & chosen.held_out).sum()),
        }
    return counts


def _versions() -> dict[str, str]:
    packages = {name: metadata.version(name) for name in ("mixdown", "numba", "numpy", "pyarrow")}
    return {"python": platform.python_version(), **packages, "model_format": "fastText 0.9, version 12"}

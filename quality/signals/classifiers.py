"""Scores of fastText classifiers: how probable a label is for a document, by the name a recipe gives the classifier."""

import re

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from quality.fasttext.model import load_model
from quality.fasttext.predict import label_scores
from quality.input_file import InputFile
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

SCORES = "scores"
CLASSIFIERS_SCHEMA = pa.schema(
    [
        (SCORES, pa.map_(pa.string(), pa.float32())),  # a classifier's name -> the probability of its label
    ]
)

NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Classifier(BaseModel):
    """One classifier of the group `classifiers`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: InputFile = Field(description="A supervised fastText model (.bin or .ftz).")
    label: str = Field(
        "__label__hq", description="The label whose probability is the score; `__label__` may be left out."
    )
    join_lines: bool = Field(
        True, description="A newline counts as a space, as DCLM scores; false: only the first line is read."
    )


class ClassifiersSettings(GroupSettings):
    """Settings of the group `classifiers`: a classifier by name."""

    model_config = ConfigDict(extra="allow", frozen=True)

    __pydantic_extra__: dict[str, Classifier]

    @model_validator(mode="after")
    def _check_names(self) -> "ClassifiersSettings":
        for name in self.__pydantic_extra__:
            if not NAME_PATTERN.fullmatch(name):
                raise ValueError(
                    f"classifier {name!r}: a name has small letters, digits and underscores, and begins with a letter"
                )
        return self

    def members(self, column: str) -> frozenset[str]:
        """The names that the column `scores` holds a number for."""
        return frozenset(self.__pydantic_extra__) if column == SCORES else frozenset()


def measure(documents: Documents, settings: ClassifiersSettings) -> Measured:
    """CLASSIFIERS_SCHEMA for every document; a score is null where the model knows nothing of what the text holds."""
    found = [
        label_scores(documents.text, load_model(classifier.model), classifier.label, classifier.join_lines)
        for _, classifier in sorted(settings.__pydantic_extra__.items())
    ]
    return Measured({SCORES: _score_maps(sorted(settings.__pydantic_extra__), found, len(documents))})


def _score_maps(names: list[str], found: list[np.ndarray], n_documents: int) -> pa.MapArray:
    """One map a document, `names` in order."""
    values = np.stack(found, axis=1).reshape(-1) if found else np.empty(0, np.float32)
    offsets = np.arange(n_documents + 1, dtype=np.int32) * len(names)
    keys = pa.array(names * n_documents, pa.string())
    scores = pa.array(values, pa.float32(), from_pandas=True)  # NaN becomes null
    return pa.MapArray.from_arrays(pa.array(offsets), keys, scores)


SIGNALS = SignalGroup(
    name="classifiers",
    meaning="Scores of fastText classifiers that a recipe names.",
    schema=CLASSIFIERS_SCHEMA,
    settings=ClassifiersSettings,
    measured_for=frozenset(),
    measure=measure,
)

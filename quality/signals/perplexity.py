"""Perplexity: how surprising a text is to an n-gram model of its language, as CCNet measures it."""

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from quality.arrow_text import byte_strings
from quality.input_file import InputFile
from quality.perplexity.ccnet_text import ccnet_line
from quality.perplexity.local_file import local_path
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

PERPLEXITY_SCHEMA = pa.schema([("perplexity", pa.float64())])  # null: no words, or no model of the language


class UnreadableModel(ValueError):
    """A file that settings name as a model is none."""


class LanguageModel(BaseModel):
    """An n-gram model of KenLM and the SentencePiece model whose pieces it knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: InputFile = Field(description="The model, `.arpa` or KenLM's binary form.")
    sentencepiece: InputFile | None = Field(None, description="Splits text into what the model knows; none: words.")
    language: str | None = Field(None, description="For documents of this language (ISO 639 code); none: all others.")


class PerplexitySettings(GroupSettings):
    """Settings of the group `perplexity`; no model is shipped."""

    models: tuple[LanguageModel, ...] = Field(
        min_length=1, description="Models: `model`, `sentencepiece`, and the `language` each is for."
    )

    @model_validator(mode="after")
    def _can_run(self) -> "PerplexitySettings":
        needed = {"kenlm"} | {"sentencepiece" for model in self.models if model.sentencepiece}
        missing = sorted(package for package in needed if find_spec(package) is None)
        if missing:
            raise ValueError(f"perplexity needs a package that is not installed: pip install {' '.join(missing)}")
        languages = [model.language for model in self.models]
        twice = sorted({str(language) for language in languages if languages.count(language) > 1})
        if twice:
            raise ValueError(f"two models for the language {', '.join(twice)}")
        return self


def measure(documents: Documents, settings: PerplexitySettings) -> Measured:
    """PERPLEXITY_SCHEMA for every document.

    10 to the power of minus the mean base-10 logarithm of its tokens' probabilities, the ends of lines among them.
    CCNet deletes line breaks before it splits lines; here every line that is not blank is one for the model.
    """
    models = {model.language: model for model in settings.models}
    languages = documents.language.to_pylist()
    found = []
    for content, language in zip(byte_strings(documents.text), languages, strict=True):
        model = models.get(language, models.get(None))
        text = content.decode(errors="replace")
        found.append(None if model is None else perplexity(text, _split_of(model), _model_of(model.model)))
    return Measured({"perplexity": pa.array(found, pa.float64())})


def perplexity(text: str, split: Callable[[str], str], model: Any) -> float | None:
    """The perplexity of a text; None when it has no words."""
    score = 0.0
    n_tokens = 0
    for line in map(ccnet_line, text.splitlines()):
        tokens = split(line)
        if tokens and not tokens.isspace():
            score += model.score(tokens)
            n_tokens += len(tokens.split()) + 1
    return float(10.0 ** (-score / n_tokens)) if n_tokens else None


@lru_cache(maxsize=16)
def _model_of(file: InputFile) -> Any:
    import kenlm

    config = kenlm.Config()
    config.load_method = kenlm.LoadMethod.LAZY  # a binary model is mapped into memory, which all workers share
    config.show_progress = False
    try:
        return kenlm.Model(local_path(file), config)
    except (OSError, RuntimeError) as error:
        raise UnreadableModel(f"{file.uri} is no model that KenLM reads: {error}") from error


@lru_cache(maxsize=16)
def _split_of(model: LanguageModel) -> Callable[[str], str]:
    """What turns a line into tokens with spaces between."""
    if model.sentencepiece is None:
        return str
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor()
    try:
        processor.load(local_path(model.sentencepiece))
    except (OSError, RuntimeError) as error:
        raise UnreadableModel(f"{model.sentencepiece.uri} is no SentencePiece model: {error}") from error
    return lambda line: " ".join(processor.encode_as_pieces(line))


SIGNALS = SignalGroup(
    name="perplexity",
    meaning="How surprising the text is to an n-gram model of its language.",
    schema=PERPLEXITY_SCHEMA,
    settings=PerplexitySettings,
    measured_for=frozenset(),
    measure=measure,
)

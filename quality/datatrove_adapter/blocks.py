"""Blocks of datatrove by name: its filters, extractors and formatters, built from data and tried before any work."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

Role = Literal["filter", "extractor", "formatter"]

# Nothing else is imported: recipes are data. By package, the base class and the role of what is in it.
PACKAGES: Mapping[str, tuple[str, Role]] = {
    "datatrove.pipeline.filters": ("BaseFilter", "filter"),
    "datatrove.pipeline.extractors": ("BaseExtractor", "extractor"),
    "datatrove.pipeline.formatters": ("BaseFormatter", "formatter"),
}
BASES: Mapping[Role, str] = {
    "filter": "datatrove.pipeline.filters.base_filter",
    "extractor": "datatrove.pipeline.extractors.base",
    "formatter": "datatrove.pipeline.formatters.base",
}
REFUSED = {"LambdaFilter": "it needs a function, and a recipe holds data alone: write a rule"}
REFUSED_ARGUMENTS = {"exclusion_writer": "what a block drops is recorded with its reason"}
MAX_KEY_BYTES = 64  # of BLAKE2b
WAYS_OUT = "Install what it lacks; files that it downloads must be in reach, or in its cache (HF_ASSETS_CACHE)"

# What blocks are tried with: no filter's default thresholds end before its last check.
TRIAL_TEXT = "\n".join(
    [
        "The committee decided to postpone the meeting until everyone had read the report with care.",
        "Most of the members had received their copies on Friday, and many of them lived far from the city.",
        "Whoever wanted to speak was asked to write a short letter that explained what should be changed.",
        "In the end eleven letters arrived; the secretary answered each of these within three days.",
        "When spring came, a second draft was printed and sent to all who had asked for one.",
        "Nobody could remember another plan that so many people had been able to improve together.",
    ]
)


class Block(BaseModel):
    """A block: its class under datatrove.pipeline.filters, extractors or formatters, and what it is built with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    block: str = Field(description="Dotted name of its class.")
    arguments: dict[str, JsonValue] = Field(default_factory=dict, description="Named arguments of the class.")

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"block": value} if isinstance(value, str) else value


@dataclass(frozen=True)
class ReadyBlock:
    """A block that ran on TRIAL_TEXT."""

    name: str  # of its class
    role: Role
    step: Any
    restart: Callable[[str], None]  # forget the documents before the one with this text


def installed_release() -> str:
    """The version of datatrove; ValueError with the way out where it is not installed."""
    try:
        return version("datatrove")
    except PackageNotFoundError:
        raise ValueError("datatrove is not installed: pip install 'mixdown[datatrove]'") from None


@lru_cache(maxsize=64)
def ready_block(block_json: str) -> ReadyBlock:
    """The block that a Block's JSON asks for, built and tried once a process.

    Raises ValueError with the reason: no such block, arguments that it does not take, packages or data that it lacks.
    """
    asked = Block.model_validate_json(block_json)
    role, block_class = _class_of(asked.block)
    name = block_class.__name__
    _check_arguments(name, block_class, asked.arguments)
    try:
        step = block_class(**asked.arguments)
        restart = _restart_of(name, step, asked.arguments)
        _try(role, step)
    except Exception as error:
        raise ValueError(f"{asked.block} cannot run here: {_told(error)}. {WAYS_OUT}") from error
    return ReadyBlock(name, role, step, restart)


def _class_of(dotted: str) -> tuple[Role, type]:
    package = next((package for package in PACKAGES if dotted.startswith(f"{package}.")), None)
    if package is None:
        raise ValueError(f"{dotted!r} is no block that may run here: they are in {', '.join(PACKAGES)}")
    base_name, role = PACKAGES[package]
    module_name, _, class_name = dotted.rpartition(".")
    try:
        base = getattr(importlib.import_module(BASES[role]), base_name)
        found = getattr(importlib.import_module(module_name), class_name, None)
        known = vars(importlib.import_module(package))
    except ImportError as error:
        raise ValueError(f"{dotted} cannot be imported: {error}") from error
    blocks = sorted(name for name, value in known.items() if isinstance(value, type) and issubclass(value, base))
    if not (isinstance(found, type) and issubclass(found, base)) or inspect.isabstract(found):
        raise ValueError(f"{dotted!r} is no {role} of datatrove; it has {', '.join(blocks)}")
    if class_name in REFUSED:
        raise ValueError(f"{class_name} is refused: {REFUSED[class_name]}")
    return role, found


def _check_arguments(name: str, block_class: type, arguments: Mapping[str, JsonValue]) -> None:
    parameters = inspect.signature(block_class).parameters.values()
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    known = [each.name for each in parameters if each.kind in by_name and each.name not in REFUSED_ARGUMENTS]
    for argument in arguments:
        if argument in REFUSED_ARGUMENTS:
            raise ValueError(f"{name}: {argument} is refused: {REFUSED_ARGUMENTS[argument]}")
        if argument not in known:
            raise ValueError(f"{name} takes no argument {argument!r}; it takes {', '.join(known) or 'none'}")


def _try(role: Role, step: Any) -> None:
    """Run a block once, so that what it loads is there or found missing."""
    from datatrove.data import Document

    if role == "filter":
        step.filter(Document(text=TRIAL_TEXT, id="trial", metadata={"url": "https://example.org/"}))
    elif role == "extractor":
        step.extract(f"<html><body><p>{TRIAL_TEXT}</p></body></html>")
    else:
        step.format(TRIAL_TEXT)


def _told(error: Exception) -> str:
    """The error in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"


def _restart_of(name: str, step: Any, arguments: Mapping[str, Any]) -> Callable[[str], None]:
    """What lets a block forget the documents before, so that results do not depend on order or batch.

    Blocks that draw at random draw from the text's hash and their seed; PIIFormatter begins with its first
    replacement. The others keep nothing but caches and statistics.
    """
    if hasattr(step, "uniform"):  # SamplerFilter, C4BadWordsFilter
        seed = str(arguments.get("seed", 0)).encode()

        def draw_anew(text: str) -> None:
            drawn = blake2b(text.encode(), digest_size=8, key=seed[:MAX_KEY_BYTES]).digest()
            step.uniform = lambda: int.from_bytes(drawn, "big") / 2**64  # either block draws once a document

        return draw_anew
    if name == "PIIFormatter":

        def begin_anew(_text: str) -> None:
            step.emails_replacer._replace_i = 0
            step.ip_replacer._replace_i = 0

        return begin_anew
    return lambda _text: None

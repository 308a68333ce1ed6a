"""Problems of a recipe, said so that a person can mend them."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class RecipeError(ValueError):
    """A recipe that cannot be run as written; the message says what to change."""


class Strict(BaseModel):
    """Base of what a recipe is made of: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def problems(error: ValidationError, top: type[BaseModel], parts: Mapping[str, type[BaseModel]]) -> Iterator[str]:
    """Each problem with its place; an unknown key with the nearest of the keys that may stand there."""
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            parents = [part for part in problem["loc"][:-1] if isinstance(part, str) and part in parts]
            model = parts[parents[-1]] if parents else top
            yield f"{place}: " + unknown("key", str(problem["loc"][-1]), keys_of(model))
        else:
            yield f"{place}: {problem['msg'].removeprefix('Value error, ')}".removeprefix(": ")


def validated(model: type[BaseModel], content: dict[str, Any], place: str) -> Any:
    """`content` as `model`; ValueError with every problem, unknown keys with the nearest known one."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ValueError(f"{place}: " + "; ".join(problems(error, model, {}))) from None


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys as a person writes them."""
    return [field.alias or name for name, field in model.model_fields.items()]


MOST_LISTED = 40


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """'unknown key 'weigths'; did you mean 'weights'?'"""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    more = f" and {len(known) - MOST_LISTED} more" if len(known) > MOST_LISTED else ""
    listed = ", ".join(known[:MOST_LISTED]) + more
    hint = f"; did you mean {near[0]!r}?" if near else f"; known: {listed}" if known else ""
    return f"unknown {what} {name!r}{hint}"

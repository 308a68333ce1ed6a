"""The signal groups that a source of a kind has measured when its recipe says nothing."""

from typing import Any

from pipelines.recipe_keys.measures import asked_groups


def plain_groups(code_like: bool) -> dict[str, Any]:
    """Settings by group, as tasks take them."""
    return {name: settings.model_dump() for name, settings in asked_groups(code_like, {}, {}, {}).items()}

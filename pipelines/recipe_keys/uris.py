"""Uris as a recipe writes them."""

import os
import re
from pathlib import Path

from mixer.uri_secrets import secret_in, without_secrets
from pipelines.recipe_keys.problems import RecipeError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def resolved_uri(uri: str, folder: Path) -> str:
    """The uri with `${NAME}` from the environment, relative ones taken from `folder`.

    RecipeError for an unset name, and for credentials: uris are written into manifests, logs and reports.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise RecipeError(f"uri {uri!r} names ${{{match[1]}}}, which is not set in the environment")
        return os.environ[match[1]]

    uri = _VARIABLE.sub(value, uri)
    refuse_secrets(uri)
    if "://" in uri or Path(uri).is_absolute() or uri == "environment":
        return uri
    return os.path.normpath(folder / uri)


def refuse_secrets(uri: str) -> None:
    """RecipeError when a credential stands in `uri`."""
    if found := secret_in(uri):
        raise RecipeError(
            f"uri {without_secrets(uri)} holds {found}, which every manifest would repeat; leave it out and give "
            "credentials by the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE), or download the file first"
        )

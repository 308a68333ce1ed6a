"""Files that a recipe's measurements name: found, read once, and named by their content."""

import glob
from pathlib import Path
from typing import Any

from mixer import storage
from pipelines.classifiers.stored_model import LAKE_SCHEME, stored_model
from pipelines.lake import Lake
from pipelines.recipe_keys.problems import RecipeError
from pipelines.recipe_keys.uris import refuse_secrets, resolved_uri
from pipelines.remote_files import fetched, is_remote
from quality.input_file import InputFile, open_elsewhere_with
from quality.signal_group import GroupSettings

FILE_KEYS = set(InputFile.model_fields)
open_elsewhere_with(storage.open_stream)  # in workers too: the stage that measures imports this file


def with_files(settings: GroupSettings, folder: Path, lake: Lake | None = None) -> GroupSettings:
    """The settings with every file's uri absolute and its digest filled in; relative uris are taken from `folder`.

    In a list a pattern or a folder stands for the files it holds, in name order. `lake` has the models that were
    trained (`lake:<fingerprint>`) and keeps what is fetched (`https://`). RecipeError when there is no such file, or
    one has another digest than the recipe says.
    """
    return type(settings).model_validate(_resolved(settings.model_dump(), folder, lake))


def without_uris(settings: GroupSettings) -> dict[str, Any]:
    """The settings as a fingerprint takes them: files by digest, wherever they lie; sets sorted."""
    plain: dict[str, Any] = _plain(settings.model_dump())
    return plain


def _resolved(value: Any, folder: Path, lake: Lake | None) -> Any:
    if _is_file(value):
        (file,) = _files(value, folder, lake, single=True)
        return file
    if isinstance(value, dict):
        return {key: _resolved(member, folder, lake) for key, member in value.items()}
    if isinstance(value, list | tuple):
        found: list[Any] = []
        for member in value:
            is_file = _is_file(member)
            found += _files(member, folder, lake, single=False) if is_file else [_resolved(member, folder, lake)]
        return found
    return value


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == FILE_KEYS


def _files(file: dict[str, str], folder: Path, lake: Lake | None, single: bool) -> list[dict[str, str]]:
    uri, pin = file["uri"], file["sha256"]
    refuse_secrets(uri)
    if uri.startswith(LAKE_SCHEME) or is_remote(uri):
        if lake is None:
            raise RecipeError(f"file {uri!r}: there is no lake to take it from or to keep it in")
        return [stored_model(uri, lake) if uri.startswith(LAKE_SCHEME) else fetched(uri, pin, lake)]
    resolved = resolved_uri(uri, folder)
    paths = [resolved] if single or "://" in resolved else _matching(resolved)
    try:
        found = [{"uri": path, "sha256": storage.sha256_of(path)} for path in paths]
    except OSError as error:
        raise RecipeError(f"file {uri!r} cannot be read: {error}") from error
    for member in found:
        if pin and member["sha256"] != pin:
            raise RecipeError(f"file {uri!r} has the SHA-256 {member['sha256']}, not {pin} as the recipe says")
    return found


def _matching(pattern: str) -> list[str]:
    """The files that a path, a pattern (`**` crosses folders) or a folder (all that it holds) stands for."""
    if Path(pattern).is_dir():
        pattern = f"{glob.escape(pattern)}/**"
    found = sorted(path for path in glob.glob(pattern, recursive=True) if Path(path).is_file())
    if not found:
        raise RecipeError(f"no file at {pattern!r}")
    return found


def _plain(value: Any) -> Any:
    if _is_file(value):
        return {"sha256": value["sha256"]}
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return value

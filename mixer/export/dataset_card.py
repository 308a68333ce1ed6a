"""A folder that the Hugging Face `datasets` library loads: the shards and a dataset card, `README.md`.

The card's YAML header lists the shards in the mixture's order, so rows are loaded in training order. Its fields are
those of the Hub's dataset cards (`huggingface_hub/repocard_data.py`).
"""

import math
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import yaml

from mixer import storage
from mixer.export.card_text import card_text, printable
from mixer.export.files import ExportError, copy_file, new_file, phase_stems
from mixer.manifest import MANIFEST_NAME, MixtureManifest, ShardFile, shard_uri
from mixer.request import is_code

CARD_NAME = "README.md"
SHARD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")  # `data_files` takes patterns: nothing that could be one
LANGUAGE = re.compile(r"[a-z]{2,3}")  # ISO 639, as the Hub takes it
# The Hub's `size_categories`, in powers of ten of rows.
SIZE_STEPS = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")


def write(mixture_uri: str, manifest: MixtureManifest, output_uri: str) -> list[str]:
    """Write `README.md` into `output_uri`, and copy shards and manifest there unless it is the mixture's own folder.

    The uris of what was written. The shards' checksums are compared with the manifest's on the way.
    """
    content = card(manifest).encode()
    written = []
    if storage.resolve(mixture_uri) != storage.resolve(output_uri):
        for shard in manifest.files:
            written.append(f"{output_uri}/{shard.path}")
            copy_file(shard_uri(mixture_uri, shard), written[-1], shard.bytes, shard.sha256)
        listing = storage.read_bytes(f"{mixture_uri}/{MANIFEST_NAME}")
        written.append(_write(f"{output_uri}/{MANIFEST_NAME}", listing))
    return [*written, _write(f"{output_uri}/{CARD_NAME}", content)]


def card(manifest: MixtureManifest) -> str:
    """The card's text; a function of the manifest alone."""
    configs = [_config("default", [shard for shard in manifest.files if shard.rows])]
    if len(manifest.phases) > 1:
        configs += [_config(name, files) for name, files in _phase_files(manifest)]
    header = {
        "pretty_name": printable(manifest.name),
        "license": "other",
        "license_name": "licences-of-the-sources",
        **({"language": languages} if (languages := _languages(manifest)) else {}),
        "size_categories": [_size_category(manifest.rows)],
        "task_categories": ["text-generation"],
        "tags": ["pretraining", "tokenized", "mixdown"],
        "configs": configs,
    }
    text = yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=math.inf)
    names = [config["config_name"] for config in configs[1:]]
    return f"---\n{text}---\n\n{card_text(manifest, names)}"


def _write(uri: str, content: bytes) -> str:
    with new_file(uri, len(content)) as file:
        file.write(content)
    return uri


def _config(name: str, files: list[ShardFile]) -> dict[str, Any]:
    for shard in files:
        if not SHARD_NAME.fullmatch(shard.path):
            raise ExportError(
                f"shard {shard.path!r} has a name that a dataset card cannot list: build the mixture again"
            )
    return {"config_name": name, "data_files": [{"split": "train", "path": [shard.path for shard in files]}]}


def _phase_files(manifest: MixtureManifest) -> Iterator[tuple[str, list[ShardFile]]]:
    """(name of the phase's configuration, its shards): a shard lies in one phase."""
    starts = [*accumulate((shard.rows for shard in manifest.files), initial=0)]
    for stem, phase in phase_stems(manifest):
        inside = [
            shard
            for shard, start in zip(manifest.files, starts, strict=False)
            if shard.rows and phase.first_row <= start and start + shard.rows <= phase.first_row + phase.rows
        ]
        if sum(shard.rows for shard in inside) != phase.rows:
            raise ExportError(f"a shard holds rows of phase {phase.name!r} and of another one: build the mixture again")
        yield stem, inside


def _size_category(rows: int) -> str:
    index = sum(rows >= 1000 * 10**step for step in range(len(SIZE_STEPS)))
    if index == 0:
        return f"n<{SIZE_STEPS[0]}"
    if index == len(SIZE_STEPS):
        return f"n>{SIZE_STEPS[-1]}"
    return f"{SIZE_STEPS[index - 1]}<n<{SIZE_STEPS[index]}"


def _languages(manifest: MixtureManifest) -> list[str]:
    """What the recipe's `language` rule lets through, and `code` where a source is not of the text group."""
    found = {language for language in _asked_languages(manifest.recipe) if LANGUAGE.fullmatch(language)}
    code = any(source.rows and is_code(source.group) for source in manifest.sources)
    return [*sorted(found), *(["code"] if code else [])]


def _asked_languages(recipe: dict[str, Any]) -> Iterator[str]:
    """`languages` of the rule's settings, the recipe's or a source's own; nothing where the recipe has another form."""
    settings = [recipe.get("rules")]
    for source in _list(recipe.get("sources")):
        settings += _list(source.get("rules")) if isinstance(source, dict) else []
    for rules in settings:
        own = rules.get("language") if isinstance(rules, dict) else None
        languages = own.get("languages") if isinstance(own, dict) else None
        yield from (language for language in _list(languages) if isinstance(language, str))


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []

"""Settings: a deep comparison of what two mixtures were told, matched by name and not by position."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from mixer.manifest import MixtureManifest
from pipelines.lake import StageManifest
from pipelines.mixture import Mixture
from pipelines.reporting.files import Gone
from pipelines.reporting.mixture import document_sources

NAMED_LISTS = ("sources", "tiers", "phases")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Change(_Part):
    """One setting; a setting that a mixture does not have is None there, as one that it leaves open."""

    path: str  # as in a recipe: `phases.main.weights.pages`
    before: Any
    after: Any


class SettingChanges(_Part):
    """What differs; `notes` name what cannot be compared."""

    changes: list[Change]
    notes: list[str]


def setting_changes(before: Mixture, after: Mixture) -> SettingChanges:
    """What differs between the recipes, the vocabulary, the packages' versions and what the stages were told."""
    old, new = before.manifest, after.manifest
    found = [*differences(_tree(old), _tree(new)), *_orders(old.recipe, new.recipe)]
    notes = []
    for source in document_sources(old):
        if source in document_sources(new):
            try:
                found += _of_stages(before, after, source)
            except Gone as gone:
                notes.append(str(gone))
    try:
        found += differences(_tombstones(before), _tombstones(after), "tombstones")
    except Gone as gone:
        notes.append(str(gone))
    return SettingChanges(changes=found, notes=notes)


def differences(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """The leaves in which two JSON-like values differ; a mapping that is in one alone is one change."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from differences(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif before != after:
        yield Change(path=path, before=before, after=after)


def _tree(manifest: MixtureManifest) -> dict[str, Any]:
    """Everything that was set, as nested mappings."""
    tree = dict(manifest.recipe)
    for key in NAMED_LISTS:
        tree[key] = {entry["name"]: _entry(entry) for entry in _named(manifest.recipe, key)}
    return tree | {
        "name": manifest.name,
        "sequence_length": manifest.sequence_length,
        "seed": manifest.seed,
        "packing": manifest.packing,
        "tokenizer": manifest.tokenizer.model_dump(),
        "versions": manifest.versions,
    }


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    """A source, tier or phase without its name, its rules by name."""
    content = {key: value for key, value in entry.items() if key != "name"}
    if isinstance(content.get("rules"), list):
        rules = [{rule: {}} if isinstance(rule, str) else rule for rule in content["rules"]]
        content["rules"] = {name: settings for rule in rules for name, settings in rule.items()}
    return content


def _named(recipe: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = recipe.get(key)
    return [entry for entry in entries if "name" in entry] if isinstance(entries, list) else []


def _orders(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    """Lists whose order means something (priority when duplicates meet; training order) and changed."""
    for key in NAMED_LISTS:
        old, new = ([entry["name"] for entry in _named(recipe, key)] for recipe in (before, after))
        if [name for name in old if name in new] != [name for name in new if name in old]:
            yield Change(path=f"order of {key}", before=old, after=new)


def _of_stages(before: Mixture, after: Mixture, source: str) -> list[Change]:
    """What a source's stages were told and its recipe does not say: their versions, the bounds in force, the input."""
    found: list[Change] = []
    both = before.manifest.inputs.keys() & after.manifest.inputs.keys()
    for stage in ("ingest", "annotate", "decide", "dedup", "repeats", "tokenize"):
        if f"{stage}/{source}" not in both:
            continue
        old, new = (mixture.files.stage(stage, source) for mixture in (before, after))
        found += differences(old.stage_version, new.stage_version, f"sources.{source}.{stage}_version")
        if stage == "ingest":
            found += _input_change(old, new, f"sources.{source}.input")
        if stage == "decide":
            found += differences(_checks(old), _checks(new), f"sources.{source}.checks")
    return found


def _tombstones(mixture: Mixture) -> list[str]:
    """Digests of what the lake was to forget when the mixture was made."""
    names = [key.partition("/")[2] for key in mixture.manifest.inputs if key.startswith("select/")]
    return sorted({d for name in names for d in mixture.files.stage("select", name).settings.get("tombstones", [])})


def _checks(manifest: StageManifest) -> dict[str, Any]:
    """Rule -> reason -> `signal comparison` -> bound: what judged the documents, defaults filled in."""
    plain: dict[str, Any] = {}
    for rule, checks in manifest.settings.get("checks", {}).items():
        of_rule = plain.setdefault(rule, {})
        for check in checks:
            of_reason = of_rule.setdefault(check["reason"], {})
            alone = check.get("only_for_code_languages", [])
            languages = f" for {', '.join(alone)}" if alone else ""
            of_reason[f"{check['signal']} {check['comparison']}{languages}"] = check["bound"]
            of_reason["null_fails"] = check["null_fails"]
            of_reason["exempt_languages"] = check["exempt_languages"]
    return plain


def _input_change(before: StageManifest, after: StageManifest, path: str) -> Iterator[Change]:
    """How many splits (files, or parts of them) there are, and how many only here: too many to list."""
    old, new = ({json.dumps(split) for split in m.settings.get("splits", [])} for m in (before, after))
    if old != new:
        texts = [f"{len(own):,} splits, {len(own - other):,} of its own" for own, other in ((old, new), (new, old))]
        yield Change(path=path, before=texts[0], after=texts[1])

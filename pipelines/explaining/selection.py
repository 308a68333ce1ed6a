"""Why a document that came through rules and dedup is not mixed: conditions, tombstones, held out for validation."""

from collections.abc import Collection, Sequence
from typing import Any

import pyarrow as pa

from mixer.held_out import held_out_from
from mixer.order import document_order_hash
from pipelines.conditions.columns import read_part
from pipelines.conditions.condition import Condition
from pipelines.explaining.stored_rows import Stored, part_uris
from pipelines.mixture import Mixture
from pipelines.recipe_keys.problems import RecipeError
from pipelines.removal.tombstones import Tombstone, columns_of, matches_of, read_tombstones, tombstone_uri
from pipelines.reporting.files import Gone, MixtureFiles, reading


def condition_of(mixture: Mixture, name: str) -> str | None:
    """The `where` that chose among the documents of source or tier `name`; None: there was none."""
    where = _selected(mixture, name).get("where")
    return None if where is None else str(where)


def why_left_out(mixture: Mixture, stored: Stored, name: str) -> list[str]:
    """What dropped a survivor from `name`: validation, the condition, tombstones; empty: the lake does not show it."""
    reasons = []
    share = _selected(mixture, name).get("held_out")
    if share is not None and _is_held_out(mixture, stored, share):
        reasons.append(f"validation: held out, with {share:g} of the documents")
    condition = condition_of(mixture, name)
    if condition is not None and not _fulfils(mixture.files, stored, condition):
        reasons.append(f"where: {condition}")
    honoured = set(_selected(mixture, name).get("tombstones", ()))
    today = read_today(mixture.files)
    matched = forgotten_by(mixture.files, stored, [t for t in today if t.digest in honoured])
    reasons += [f"tombstone {told}" for told in matched]
    taken_back = honoured - {tombstone.digest for tombstone in today}
    if not reasons and taken_back:
        reasons.append(f"perhaps a tombstone that was taken back since: {', '.join(sorted(taken_back))}")
    return reasons


def read_today(files: MixtureFiles) -> list[Tombstone]:
    """The lake's tombstones as they are now; the mixture may be older."""
    with reading("Tombstones"):
        return read_tombstones(files.lake)


def forgotten_by(files: MixtureFiles, stored: Stored, tombstones: Sequence[Tombstone]) -> list[str]:
    """Those of the tombstones that match the document, each with its condition and note."""
    if not tombstones:
        return []
    try:
        masks = matches_of(tombstones, _columns(files, stored, columns_of(tombstones)))
    except RecipeError as error:
        uri = tombstone_uri(files.lake, tombstones[0].digest).rsplit("/", 1)[0]
        raise Gone(f"Tombstones: one of {uri} has a condition that cannot be used: {error}") from error
    return [_told(tombstone) for tombstone, mask in zip(tombstones, masks, strict=True) if mask[0]]


def _selected(mixture: Mixture, name: str) -> dict[str, Any]:
    """The settings of the stage `select` for `name`; empty when everything that was tokenized was taken."""
    if f"select/{name}" not in mixture.manifest.inputs:
        return {}
    return mixture.files.stage("select", name).settings


def _is_held_out(mixture: Mixture, stored: Stored, share: float) -> bool:
    salt = mixture.files.stage("tokenize", stored.source).settings["salt"]
    return document_order_hash(salt, stored.doc_id) >= held_out_from(share)


def _fulfils(files: MixtureFiles, stored: Stored, condition: str) -> bool:
    try:
        parsed = Condition.parse(condition)
        return bool(parsed.matches(_columns(files, stored, parsed.columns))[0])
    except RecipeError as error:
        raise Gone(f"Condition {condition!r}: it cannot be used any more: {error}") from error


def _columns(files: MixtureFiles, stored: Stored, columns: Collection[str]) -> pa.Table:
    """The document's one row of `columns`, as conditions read them."""
    with reading(f"Documents of {stored.source}"):
        uris = [part_uris(files, stage, stored.source)[stored.part] for stage in ("ingest", "annotate")]
        return read_part(uris[0], uris[1], columns).slice(stored.row, 1)


def _told(tombstone: Tombstone) -> str:
    what = tombstone.match if tombstone.match is not None else f"{len(tombstone.ids):,} ids"
    return f"{tombstone.digest} ({what}{'; ' + tombstone.note if tombstone.note else ''})"

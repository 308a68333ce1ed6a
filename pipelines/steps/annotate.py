"""Annotate: one pass over the text for every number that a later decision may ask about, and for edits of it."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.bands import band_column, band_hashes
from dedup.exact import content_hashes
from dedup.settings import SIGNATURE_KEYS, DedupSettings
from dedup.signatures import scheme_version, signature_column, signatures
from dedup.urls import url_hashes
from mixer import storage
from pipelines.context import Context, PartTask, TaskResult, Unit, part_number
from pipelines.final_text import final_text
from pipelines.input_files import with_files, without_uris
from pipelines.lake import Books
from pipelines.word_splitter import word_splitter
from quality.edits import EDITS_TYPE, edits_column, merged
from quality.signal_group import Documents, GroupSettings, documents_of, measure_groups, signal_groups, signals_schema
from quality.signals.classifiers import SIGNALS as CLASSIFIERS
from quality.words.tables import SHA256 as WORD_TABLES

NAME = "annotate"
VERSION = 3

# Kernels need about a hundred bytes for a byte of the longest document. Nothing that a person wrote is longer.
MAX_MEASURED_BYTES = 8 << 20
TOO_LARGE = "too_large"

# What each group sees of a document beside its text.
KNOWN_COLUMNS = ("url", "path", "license", "language_hint")

# What dedup asks of a document; no signals, so no rule or condition reads them.
DEDUP_COLUMNS = ("content_hash", "url_hash", "bands", "signature")

ANNOTATED_SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("unmeasured", pa.string()),  # why a document could not be measured; null: it was
        *signals_schema(),
        ("rewritten_text", pa.large_string()),  # by a datatrove formatter; null: as ingested
        ("edits", EDITS_TYPE),  # what changes in it before it is trained on; null: nothing
        ("n_final_bytes", pa.int64()),  # of the text after that
        ("content_hash", pa.binary(16)),
        ("url_hash", pa.binary(16)),  # of the canonical url; null: none
        ("bands", pa.list_(pa.int64())),  # null: no shingle
        ("signature", pa.binary()),  # 4 bytes a lane; null: no shingle, or no `verify: signature`
    ]
)


class AnnotateTask(PartTask):
    """One part to measure; `groups` are the settings of the signal groups that are asked for."""

    groups: dict[str, Any]
    dedup: DedupSettings


def run(context: Context) -> None:
    """Publish the measurements of every source, part for part and row for row beside its documents."""
    dedup = context.recipe.dedup
    scheme = signature_scheme(dedup)
    groups_of = {}
    units = []
    for source in context.recipe.sources:
        asked = context.recipe.asked_groups(source)
        groups_of[source.name] = {
            name: with_files(settings, source.folder(), context.lake) for name, settings in asked.items()
        }
        settings = scheme | {"groups": _fingerprinted(groups_of[source.name])}
        inputs = {"documents": context.of("ingest", source.name).output}
        units.append(Unit(NAME, VERSION, source.name, settings, inputs))

    def tasks_of(unit: Unit) -> list[AnnotateTask]:
        return [
            AnnotateTask(
                source=unit.source,
                number=part_number(uri),
                input_uri=uri,
                output_uri=context.lake.stage_uri(NAME, unit.source, unit.fingerprint),
                groups={name: settings.model_dump() for name, settings in groups_of[unit.source].items()},
                dedup=dedup,
            )
            for uri in context.of("ingest", unit.source).part_uris(context.lake, "part-")
        ]

    context.complete(units, tasks_of, annotate_part)


def signature_scheme(dedup: DedupSettings) -> dict[str, Any]:
    """What the stored hashes and signatures depend on, and nothing else: the rest of `dedup` asks for no new pass."""
    scheme = dedup.model_dump(include=set(SIGNATURE_KEYS)) | {"scheme": scheme_version(dedup)}
    if dedup.hashing == "datatrove":
        scheme["word_tables"] = WORD_TABLES
    if stores_signatures(dedup):
        scheme["stores_signatures"] = True
    return scheme


def stores_signatures(dedup: DedupSettings) -> bool:
    """Whether whole signatures are stored beside their bands: where candidates are compared by them."""
    return dedup.verify == "signature"


def _fingerprinted(groups: Mapping[str, GroupSettings]) -> dict[str, Any]:
    return {
        name: {"version": signal_groups()[name].version, "settings": without_uris(settings)}
        for name, settings in groups.items()
    }


def scored_by(settings: Mapping[str, Any]) -> list[str]:
    """The classifiers whose scores a source's measurements hold, by the settings in their manifest; sorted."""
    return sorted(settings.get("groups", {}).get(CLASSIFIERS.name, {}).get("settings", {}))


def annotate_part(task: AnnotateTask) -> TaskResult:
    """Measure one part, row group by row group."""
    uri = f"{task.output_uri}/part-{task.number:05d}.parquet"
    written = storage.write_parquet(uri, ANNOTATED_SCHEMA, _measured(task))
    return TaskResult([written], Books(records_in=written.rows, kept=written.rows))


def annotated(documents: pa.Table, groups: Mapping[str, GroupSettings], dedup: DedupSettings) -> pa.Table:
    """The measurements of a table of documents, row for row; columns of ANNOTATED_SCHEMA."""
    seen, too_large = _measurable(documents)
    measured = measure_groups(seen, groups)
    edits = edits_column(merged(measured.edits), len(seen))
    rewritten = pa.nulls(len(seen), pa.large_string())
    if measured.text is not None:
        rewritten = _where_changed(measured.text, seen.text)
    text = final_text(seen.text, rewritten, edits)
    lanes, has_shingles = signatures(text, dedup, word_splitter(measured.columns["language"]))
    columns = {
        "doc_id": documents.column("doc_id").combine_chunks(),
        "unmeasured": _unmeasured(too_large, measured.problems),
        **measured.columns,
        "rewritten_text": rewritten,
        "edits": edits,
        "n_final_bytes": pc.binary_length(text).fill_null(0).cast(pa.int64()),
        "content_hash": content_hashes(text),
        "url_hash": url_hashes(seen.url),
        "bands": band_column(band_hashes(lanes, dedup.bands, dedup.rows), has_shingles),
        "signature": signature_column(lanes, has_shingles)
        if stores_signatures(dedup)
        else pa.nulls(len(seen), pa.binary()),
    }
    return pa.Table.from_arrays([columns[name] for name in ANNOTATED_SCHEMA.names], schema=ANNOTATED_SCHEMA)


def _measurable(documents: pa.Table) -> tuple[Documents, Any]:
    """The documents as groups see them, and bool[n]: too large, its text left out."""
    text = documents.column("text").combine_chunks()
    too_large = pc.greater(pc.binary_length(text).fill_null(0), MAX_MEASURED_BYTES)
    if pc.any(too_large).as_py():
        text = pc.if_else(too_large, pa.scalar("", text.type), text)
    known = {name: documents.column(name).combine_chunks() for name in KNOWN_COLUMNS}
    known["has_marks"] = pc.greater(pc.list_value_length(documents.column("marks").combine_chunks()), 0)
    return documents_of(text, **known), too_large.to_numpy(zero_copy_only=False)


def _where_changed(rewritten: pa.Array, text: pa.Array) -> pa.Array:
    rewritten = rewritten.cast(pa.large_string())
    is_same = pc.equal(rewritten, text.cast(pa.large_string())).fill_null(True)
    return pc.if_else(is_same, pa.scalar(None, pa.large_string()), rewritten)


def _unmeasured(too_large: Any, problems: Mapping[int, str]) -> pa.Array:
    reasons = dict(problems) | {int(row): TOO_LARGE for row in np.flatnonzero(too_large)}
    places = np.full(len(too_large), -1)
    places[list(reasons)] = range(len(reasons))
    return pa.array(list(reasons.values()), pa.string()).take(pa.array(places, mask=places < 0))


def _measured(task: AnnotateTask) -> Iterator[pa.Table]:
    groups = {name: signal_groups()[name].settings.model_validate(given) for name, given in task.groups.items()}
    for documents in storage.row_groups(task.input_uri, ["doc_id", "text", "marks", *KNOWN_COLUMNS]):
        yield annotated(documents, groups, task.dedup)

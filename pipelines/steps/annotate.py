"""Annotate: one pass over the text for every number that a later decision may ask about."""

from collections.abc import Iterator

import pyarrow as pa

from dedup.bands import band_column, band_hashes
from dedup.exact import content_hashes
from dedup.settings import DedupSettings
from dedup.signatures import SCHEME_VERSION, signatures
from mixer import storage
from pipelines.context import Context, PartTask, TaskResult, Unit, part_number
from pipelines.lake import Books
from pipelines.source import source_kinds
from quality.judge import CODE_LANGUAGE_COLUMN
from quality.licenses import LICENSE_SIGNALS_SCHEMA, license_signals
from quality.signals import SIGNALS_SCHEMA, measure

NAME = "annotate"
VERSION = 1

ANNOTATED_SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        *SIGNALS_SCHEMA,
        *LICENSE_SIGNALS_SCHEMA,
        (CODE_LANGUAGE_COLUMN, pa.string()),
        ("content_hash", pa.binary(16)),
        ("bands", pa.list_(pa.int64())),  # null: no shingle
    ]
)


class AnnotateTask(PartTask):
    """One part to measure."""

    code_like: bool
    dedup: DedupSettings


def run(context: Context) -> None:
    """Publish the measurements of every source, part for part and row for row beside its documents."""
    dedup = context.recipe.dedup
    scheme = dedup.model_dump(include={"ngram_words", "bands", "rows", "seed"}) | {"scheme": SCHEME_VERSION}
    units = [
        Unit(NAME, VERSION, source.name, scheme, {"documents": context.of("ingest", source.name).output})
        for source in context.recipe.sources
    ]
    kinds = {source.name: source_kinds()[source.kind] for source in context.recipe.sources}

    def tasks_of(unit: Unit) -> list[AnnotateTask]:
        return [
            AnnotateTask(
                source=unit.source,
                number=part_number(uri),
                input_uri=uri,
                output_uri=context.lake.stage_uri(NAME, unit.source, unit.fingerprint),
                code_like=kinds[unit.source].code_like,
                dedup=dedup,
            )
            for uri in context.of("ingest", unit.source).part_uris(context.lake, "part-")
        ]

    context.complete(units, tasks_of, annotate_part)


def annotate_part(task: AnnotateTask) -> TaskResult:
    """Measure one part, row group by row group."""
    uri = f"{task.output_uri}/part-{task.number:05d}.parquet"
    written = storage.write_parquet(uri, ANNOTATED_SCHEMA, _measured(task))
    return TaskResult([written], Books(records_in=written.rows, kept=written.rows))


def annotated(documents: pa.Table, code_like: bool, dedup: DedupSettings) -> pa.Table:
    """The measurements of a table of documents, row for row; columns of ANNOTATED_SCHEMA."""
    text = documents.column("text").combine_chunks()
    signature, has_shingles = signatures(text, dedup)
    language = documents.column("language_hint").combine_chunks() if code_like else pa.nulls(len(text), pa.string())
    columns = {
        "doc_id": documents.column("doc_id").combine_chunks(),
        **dict(zip(SIGNALS_SCHEMA.names, measure(text).columns, strict=True)),
        **dict(
            zip(
                LICENSE_SIGNALS_SCHEMA.names,
                license_signals(documents.column("license").combine_chunks()).columns,
                strict=True,
            )
        ),
        CODE_LANGUAGE_COLUMN: language,
        "content_hash": content_hashes(text),
        "bands": band_column(band_hashes(signature, dedup.bands, dedup.rows), has_shingles),
    }
    return pa.Table.from_arrays([columns[name] for name in ANNOTATED_SCHEMA.names], schema=ANNOTATED_SCHEMA)


def _measured(task: AnnotateTask) -> Iterator[pa.Table]:
    for documents in storage.row_groups(task.input_uri, ["doc_id", "text", "license", "language_hint"]):
        yield annotated(documents, task.code_like, task.dedup)

"""Decide: stored signals against the recipe's rules. Reads no text; every failing reason is recorded."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mixer import storage
from pipelines.context import Context, PartTask, TaskResult, Unit, part_number
from pipelines.final_text import CHANGE_COLUMNS
from pipelines.judging import UNMEASURED, judged
from pipelines.lake import Books
from pipelines.steps.annotate import ANNOTATED_SCHEMA, DEDUP_COLUMNS
from pipelines.top_share import with_bounds
from quality.judge import REASONS_TYPE
from quality.rule import Check

NAME = "decide"
VERSION = 2

VERDICT_SCHEMA = pa.schema([("doc_id", pa.string()), ("keep", pa.bool_()), ("reasons", REASONS_TYPE)])


# Everything that was measured but the hashes, which only dedup reads, and the changes of the text: most of the bytes.
SIGNAL_COLUMNS = [name for name in ANNOTATED_SCHEMA.names if name not in (*DEDUP_COLUMNS, *CHANGE_COLUMNS)]


class DecideTask(PartTask):
    """One part to judge; `input_uri` is the annotated part."""

    checks: dict[str, tuple[Any, ...]]


def run(context: Context) -> None:
    """Publish the verdict on every document of every source."""
    checks_of = {source.name: context.recipe.checks(source) for source in context.recipe.sources}
    units = [
        Unit(
            NAME,
            VERSION,
            source.name,
            settings_of(checks_of[source.name]),
            {"annotated": context.of("annotate", source.name).output},
        )
        for source in context.recipe.sources
    ]

    def tasks_of(unit: Unit) -> list[DecideTask]:
        uris = context.of("annotate", unit.source).part_uris(context.lake, "part-")
        checks = with_bounds(checks_of[unit.source], uris)
        return [
            DecideTask(
                source=unit.source,
                number=part_number(uri),
                input_uri=uri,
                output_uri=context.lake.stage_uri(NAME, unit.source, unit.fingerprint),
                checks=checks,
            )
            for uri in uris
        ]

    context.complete(units, tasks_of, decide_part)


def settings_of(checks: dict[str, tuple[Check, ...]]) -> dict[str, Any]:
    """The checks as the stage's settings: JSON-like, the same in every process."""
    return {"checks": {rule: [_plain(check) for check in found] for rule, found in checks.items()}}


def decide_part(task: DecideTask) -> TaskResult:
    """Judge one part."""
    signals = storage.read_table(task.input_uri, SIGNAL_COLUMNS)
    verdicts = verdict_table(signals, task.checks)
    books = verdict_books(verdicts)
    uri = f"{task.output_uri}/part-{task.number:05d}.parquet"
    return TaskResult([storage.write_parquet(uri, VERDICT_SCHEMA, [verdicts])], books)


def verdict_table(signals: pa.Table, checks: dict[str, tuple[Check, ...]]) -> pa.Table:
    """A verdict for every row of `signals`."""
    keep, reasons = judged(signals, checks)
    return pa.Table.from_arrays([signals.column("doc_id").combine_chunks(), keep, reasons], schema=VERDICT_SCHEMA)


def verdict_books(verdicts: pa.Table) -> Books:
    """The books of a table of verdicts: what could not be measured is quarantined, what a check fails rejected."""
    kept = int(pc.sum(verdicts.column("keep")).as_py() or 0)
    reasons = pc.list_flatten(verdicts.column("reasons"))
    counts = {
        count["values"]: count["counts"] for count in pc.value_counts(pc.struct_field(reasons, "reason")).to_pylist()
    }
    quarantined = sum(count for reason, count in counts.items() if reason.startswith(f"{UNMEASURED}."))
    return Books(
        records_in=verdicts.num_rows,
        kept=kept,
        rejected=verdicts.num_rows - kept - quarantined,
        quarantined=quarantined,
        reasons=dict(sorted(counts.items())),
    )


def _plain(check: Check) -> dict[str, Any]:
    """The check as JSON-like settings; sets sorted."""
    bound = sorted(check.bound) if isinstance(check.bound, frozenset) else check.bound
    return {
        "reason": check.reason,
        "signal": check.signal,
        "comparison": check.comparison,
        "bound": bound,
        "null_fails": check.null_fails,
        "exempt_languages": sorted(check.exempt_languages),
        "only_for_code_languages": sorted(check.only_for_code_languages),
        "only_for": sorted(check.only_for),
        "not_for": sorted(check.not_for),
        **({} if check.top_share is None else {"top_share": check.top_share}),
    }

"""The order of the stages, and how all of them, or the first few, are run."""

import time
from collections.abc import Callable
from types import ModuleType

from pipelines.context import Context, NotBuilt
from pipelines.lake import StageManifest
from pipelines.runs.recording import record_stage
from pipelines.steps import annotate, decide, deduplicate, ingest, mix, plan, repeats, select, tokenize_blocks

STAGES: tuple[ModuleType, ...] = (ingest, annotate, decide, deduplicate, repeats, tokenize_blocks, select, plan, mix)
STAGE_NAMES = tuple(stage.NAME for stage in STAGES)
LIGHT_STAGES = (select.NAME, plan.NAME, mix.NAME)  # a run that begins here shuffles ids at most


def run_stages(context: Context, until: str = STAGE_NAMES[-1]) -> None:
    """Run the stages in order up to and including `until`; a stage whose output is published does nothing."""
    if until not in STAGE_NAMES:
        raise ValueError(f"stage {until!r} is not known; known: {', '.join(STAGE_NAMES)}")
    for stage in STAGES[: STAGE_NAMES.index(until) + 1]:
        started = time.monotonic()
        context.stage = stage.NAME
        if context.log is not None:
            context.log.event("stage begins", stage=stage.NAME)
        ran_before = context.tasks_run
        run: Callable[[Context], None] = stage.run
        run(context)
        tasks = context.tasks_run - ran_before
        seconds = time.monotonic() - started
        if context.log is not None:
            record_stage(context, context.log, stage.NAME, tasks, seconds)
        context.progress.say(_line(stage.NAME, context, tasks, seconds))


def find_blocks(context: Context) -> None:
    """Find what earlier runs published, up to the token blocks, and publish nothing; NotBuilt when some is missing."""
    context.read_only = True
    try:
        for stage in STAGES[: STAGE_NAMES.index(select.NAME)]:
            stage.run(context)
        try:
            select.run(context)
        except NotBuilt:  # ids and signals are there: what it would choose is worked out
            select.foresee(context)
    finally:
        context.read_only = False


def _line(name: str, context: Context, tasks: int, seconds: float) -> str:
    """What the stage did, on one line."""
    work = f"{tasks:,} tasks" if tasks else "nothing to do"
    return f"{name:<10} {work:<15} {seconds:6.1f} s   {_outcome(list(context.published.get(name, {}).values()))}"


def _outcome(manifests: list[StageManifest]) -> str:
    if not manifests:
        return ""
    records_in = sum(manifest.books.records_in for manifest in manifests)
    kept = sum(manifest.books.kept for manifest in manifests)
    rejected = sum(manifest.books.rejected for manifest in manifests)
    quarantined = sum(manifest.books.quarantined for manifest in manifests)
    text_bytes = sum(manifest.measures.get("text_bytes", 0) for manifest in manifests)
    tokens = sum(manifest.measures.get("tokens", 0) for manifest in manifests)
    parts = [f"{records_in:,} in", f"{kept:,} out"]
    parts += [f"{rejected:,} rejected"] if rejected else []
    parts += [f"{quarantined:,} quarantined"] if quarantined else []
    parts += [f"{text_bytes / 1e6:,.1f} MB of text"] if text_bytes else []
    parts += [f"{tokens:,.0f} tokens"] if tokens else []
    return ", ".join(parts)

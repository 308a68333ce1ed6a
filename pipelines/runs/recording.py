"""A build as a recorded run: its record made from the context, and each stage noted when it is through."""

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata

from pipelines.context import Context, part_number
from pipelines.lake import StageManifest, digest_of
from pipelines.redaction import one_line
from pipelines.runs.record import RunRecord, SourceDone, StageDone
from pipelines.runs.run_log import RunLog, ending, new_run_id, now_text

VERSIONED = ("mixdown", "pyspark", "pyarrow", "numpy")


@contextmanager
def recorded(context: Context, until: str) -> Iterator[None]:
    """Keep a log of what happens in the block, unless one is kept already."""
    if context.log is not None:
        yield
        return
    log = RunLog(context.lake.uri, _record(context, until), context.progress.echo)
    context.log = log
    context.progress.heard = log.event
    log.event("run begins", recipe=context.recipe.name, until=until, lake=context.lake.uri)
    try:
        with ending(log, _message):
            yield
    finally:
        context.progress.heard = None
        context.log = None


def record_stage(context: Context, log: RunLog, stage: str, tasks: int, seconds: float) -> None:
    """A line a source and one for the stage, and the record brought up to date."""
    manifests = context.published.get(stage, {})
    sources = {name: _source_done(context, manifest) for name, manifest in sorted(manifests.items())}
    for name, done in sources.items():
        books = manifests[name].books
        log.event(
            "source done",
            stage=stage,
            source=name,
            **done.model_dump(),
            rejected=books.rejected,
            quarantined=books.quarantined,
            absorbed=books.absorbed,
        )
    log.event(
        "stage done",
        stage=stage,
        tasks=tasks,
        seconds=round(seconds, 3),
        documents_in=sum(done.documents_in for done in sources.values()),
        documents_out=sum(done.documents_out for done in sources.values()),
    )
    if stage == "ingest":
        log.record.documents = sum(done.documents_out for done in sources.values())
    if context.mixture_uri:
        log.record.mixture = context.mixture_uri.removeprefix(f"{context.lake.uri}/")
        log.record.tokens = sum(source.actual_tokens for source in context.plan.sources) if context.plan else 0
    log.stage_done(StageDone(stage=stage, seconds=round(seconds, 3), tasks=tasks, sources=sources))


def _source_done(context: Context, manifest: StageManifest) -> SourceDone:
    return SourceDone(
        fingerprint=manifest.fingerprint,
        made=(manifest.stage, manifest.source) in context.made,
        splits=_splits(manifest),
        documents_in=manifest.books.records_in,
        documents_out=manifest.books.kept,
    )


def _splits(manifest: StageManifest) -> int:
    """Parts, of which a document's is the same in all stages; else files."""
    parts = [file.path for file in manifest.files if file.path.startswith("part-")]
    return len({part_number(path) for path in parts}) if parts else len(manifest.files)


def _record(context: Context, until: str) -> RunRecord:
    from pipelines.steps.plan import resolved_recipe

    recipe = context.recipe
    started = now_text()
    return RunRecord(
        id=new_run_id(),
        recipe=recipe.name,
        recipe_digest=digest_of(resolved_recipe(recipe)),
        code_ratio=_code_ratio(context),
        budget_tokens=sum(phase.budget_tokens for phase in recipe.phase_requests()),
        until=until,
        command=[one_line(argument) for argument in _command()],
        versions={"python": platform.python_version()} | {name: metadata.version(name) for name in VERSIONED},
        started=started,
        updated=started,
    )


def _command() -> list[str]:
    """What was typed, the program by its name alone: where it lies is of this machine."""
    program, *arguments = sys.argv or [""]
    return [program.replace("\\", "/").rsplit("/", 1)[-1], *arguments]


def _code_ratio(context: Context) -> float | None:
    """The code ratio of all phases; None where they have none, or several."""
    asked = {phase.code_ratio for phase in context.recipe.phases}
    return asked.pop() if len(asked) == 1 else None


def _message(error: BaseException) -> str:
    from pipelines.messages import workers_error

    text = (workers_error(error) if isinstance(error, Exception) else None) or str(error) or type(error).__name__
    return one_line(text)

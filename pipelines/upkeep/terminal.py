"""A lake's status, cleaning and damage as people read them."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from pipelines.plain_table import plain_table
from pipelines.upkeep.cleaning import Cleaning
from pipelines.upkeep.status import LakeStatus, StageLine
from pipelines.upkeep.verifying import Verification

STAGES_SHOWN = 60  # of a lake of years there are thousands: --json has all


def size_text(n_bytes: int) -> str:
    """In units of a thousand."""
    for power, unit in ((12, "TB"), (9, "GB"), (6, "MB"), (3, "kB")):
        if n_bytes >= 10**power:
            return f"{n_bytes / 10**power:,.1f} {unit}"
    return f"{n_bytes} B"


def time_text(seconds: float) -> str:
    """The largest unit that fits."""
    for unit_seconds, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit_seconds:
            return f"{seconds / unit_seconds:,.0f} {unit}"
    return f"{seconds:,.0f} s"


def status_tables(status: LakeStatus) -> Iterator[Table | Text]:
    """Runs, mixtures, stages, and what is left over."""
    yield _runs(status)
    yield _mixtures(status)
    yield _stages(status)
    for path, age in status.unfinished:
        yield Text(f"unfinished: {path}, {time_text(age)} old")
    if status.leftovers:
        yield Text(f"{status.leftovers:,} temporary files of killed writes, {size_text(status.leftover_bytes)}")
    yield Text(f"{size_text(status.bytes)} in {status.lake}; `mixdown gc` lists what can go")


def cleaning_lines(cleaning: Cleaning) -> Iterator[str]:
    """A line for everything that can go, then the sums."""
    for removal in cleaning.removals:
        yield f"{removal.kind:<13} {size_text(removal.bytes):>10} {removal.age_days:>8.1f} d  {removal.path}"
    yield (
        f"{len(cleaning.removals):,} can go, {size_text(cleaning.bytes())}; "
        f"{cleaning.kept_folders:,} folders stay, {size_text(cleaning.kept_bytes)}"
    )


def verification_lines(found: Verification, quick: bool) -> Iterator[str]:
    """What was compared; for each damage what it is and how to mend it."""
    how = "sizes of" if quick else "hashes, rows and ratios of"
    yield (
        f"compared {how} {found.files:,} files ({size_text(found.bytes)}) in {found.folders:,} folders "
        f"of {len(found.mixtures):,} mixtures"
    )
    remedies: dict[str, None] = {}
    for damage in found.damages:
        yield f"damaged: {damage.path}: {damage.what}"
        remedies[damage.remedy(found.lake)] = None
    if found.is_whole:
        yield "everything is as it was written"
    else:
        yield "to have it made again:"
        yield from (f"  {remedy}" for remedy in remedies)


def _runs(status: LakeStatus) -> Table:
    table = plain_table(f"runs ({len(status.runs):,} newest of {status.runs_in_all:,})")
    for name in ("run", "recipe", "outcome", "begun", "took", "last stage", "result"):
        table.add_column(name, overflow="fold")
    for run in status.runs:
        result = run.error or run.mixture
        table.add_row(
            run.id,
            Text(run.recipe),
            run.outcome,
            f"{time_text(run.age_seconds)} ago",
            time_text(run.seconds),
            run.stage,
            Text(result),
        )
    return table


def _mixtures(status: LakeStatus) -> Table:
    table = plain_table("mixtures")
    for name in ("mixture", "fingerprint", "age", "shards", "size", ""):
        table.add_column(name)
    for line in status.mixtures:
        latest = "latest" if line.is_latest else ""
        age, size = time_text(line.age_seconds), size_text(line.bytes)
        table.add_row(Text(line.name), line.fingerprint, age, f"{line.shards:,}", size, latest)
    return table


def _stages(status: LakeStatus) -> Table:
    shown = status.stages[:STAGES_SHOWN]
    more = len(status.stages) - len(shown)
    table = plain_table("stages" + (f" (the first {len(shown)}; --json has {more:,} more)" if more else ""))
    for name in ("stage", "source", "fingerprint", "age", "documents", "size", "needed by"):
        table.add_column(name, justify="right" if name in ("documents", "size") else "left")
    for line in shown:
        table.add_row(
            line.stage,
            Text(line.source),
            line.fingerprint,
            time_text(line.age_seconds),
            "?" if line.documents_out is None else f"{line.documents_out:,}",
            size_text(line.bytes),
            Text(_needed_by(line)),
        )
    return table


def _needed_by(line: StageLine) -> str:
    if not line.referenced_by:
        return "no mixture"
    names = [name.removeprefix("mixture ").split("/")[0] for name in line.referenced_by]
    several = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{several}"

"""Preview: the plan as a table, before a shard is written."""

from typing import Any

from rich.table import Table

from mixer.manifest import MixtureManifest, Phase, SourceTotal
from mixer.plan import MixturePlan
from mixer.request import is_code
from pipelines.plain_table import plain_table

# Measured on one 2.6 GHz core: blocks in, interleaved zstd shards out. `benchmarks/RESULTS.md` has the run.
MIX_TOKENS_PER_SECOND = 16e6


SOURCE_COLUMNS, GROUP_COLUMNS = 18, 22  # longer names are cut in the table, and whole in --json


def preview_of(plan: MixturePlan) -> dict[str, Any]:
    """What `preview --json` prints; the token counts are those that `build` writes."""
    return {
        "exact": True,
        "rows": plan.rows,
        "sequence_length": plan.request.sequence_length,
        "tokens": sum(source.actual_tokens for source in plan.sources),
        "padding_tokens": sum(source.padding_tokens for source in plan.sources),
        "code_share": code_share(plan.sources),
        "shards": len(plan.shards),
        "mix_seconds": round(plan.rows * plan.request.sequence_length / MIX_TOKENS_PER_SECOND, 3),
        "phases": [phase.model_dump() for phase in plan.phases],
        "sources": [source.model_dump() for source in plan.sources],
        "notes": plan.notes,
    }


def code_share(sources: list[SourceTotal]) -> float:
    """Share of all packed training tokens that come from sources outside the text group."""
    total = sum(source.actual_tokens for source in sources)
    return sum(source.actual_tokens for source in sources if is_code(source.group)) / total


def mixture_table(sources: list[SourceTotal], phases: list[Phase], sequence_length: int, title: str) -> Table:
    """The mixture, a line a source."""
    table = plain_table(title)
    table.add_column("source", no_wrap=True, max_width=SOURCE_COLUMNS)
    table.add_column("group", no_wrap=True, max_width=GROUP_COLUMNS)
    for name in ("documents", "available", "asked", "planned", "share", "error", "epochs", "sequences"):
        table.add_column(name, justify="right", no_wrap=True)
    for source in sources:
        table.add_row(
            source.name,
            source.group,
            f"{source.documents:,}",
            f"{source.available_tokens:,}",
            f"{source.asked_tokens:,.0f}",
            f"{source.actual_tokens:,}",
            f"{source.share:.2%}",
            f"{worst_error(phases, source.name):+.2f}",
            f"{source.epochs:.2f}",
            f"{source.rows:,}",
        )
    total = sum(source.actual_tokens for source in sources)
    table.add_section()
    table.add_row(
        "all",
        "",
        f"{sum(s.documents for s in sources):,}",
        f"{sum(s.available_tokens for s in sources):,}",
        f"{sum(s.asked_tokens for s in sources):,.0f}",
        f"{total:,}",
        "100.00%",
        "",
        "",
        f"{sum(p.rows for p in phases):,}",
    )
    table.caption = (
        f"code share {code_share(sources):.4f}; error: the worst of a phase, in sequences of {sequence_length:,} tokens"
    )
    if any(source.split_documents is not None for source in sources):
        padding = sum(source.padding_tokens for source in sources)
        split = sum(source.split_documents or 0 for source in sources)
        table.caption += (
            f"; best fit: {total / (total + padding):.2%} full, {padding:,} tokens of padding, "
            f"{split:,} documents longer than a row"
        )
    table.caption_justify = "left"
    return table


def worst_error(phases: list[Phase], source: str) -> float:
    """The largest error of a source in a phase, in sequences: what the contract keeps inside ±1."""
    return max((part.error_sequences for phase in phases for part in phase.sources if part.source == source), key=abs)


def table_of(mixture: MixturePlan | MixtureManifest, title: str) -> Table:
    """The table of a plan or of a published mixture."""
    length = mixture.request.sequence_length if isinstance(mixture, MixturePlan) else mixture.sequence_length
    return mixture_table(mixture.sources, mixture.phases, length, title)

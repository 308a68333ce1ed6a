"""A mixture's manifest against itself and against the rows of its shards: sums, ratios, the contract."""

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa

from mixer import storage
from mixer.manifest import MixtureManifest, ShardFile
from pipelines.block_sets import read_block_set
from pipelines.lake import Lake, StageManifest, digest_of
from pipelines.steps import mix
from pipelines.steps.plan import asked_rows
from pipelines.validation_files import LAYOUT

WITHIN_SEQUENCES = 1.0  # the ratio contract: each source less than one sequence off its target, in every phase
ROUNDING = 1e-6

Counts = Counter[tuple[str, str]]  # (phase, source) -> number


def manifest_faults(manifest: MixtureManifest) -> Iterator[str]:
    """Where the manifest's own numbers do not agree with each other, or miss the ratio contract."""
    if sum(file.rows for file in manifest.files) != manifest.rows:
        yield "its shards' rows are not its rows"
    if sum(phase.rows for phase in manifest.phases) != manifest.rows:
        yield "its phases' rows are not its rows"
    for total in manifest.sources:
        parts = [part for phase in manifest.phases for part in phase.sources if part.source == total.name]
        if sum(part.actual_tokens for part in parts) != total.actual_tokens:
            yield f"the tokens of {total.name} in its phases are not those that it has in all"
        if sum(part.rows for part in parts) != total.rows:
            yield f"the rows of {total.name} in its phases are not those that it has in all"
    for phase in manifest.phases:
        tokens = sum(part.actual_tokens for part in phase.sources)
        for part in phase.sources:
            if abs(part.error_sequences) >= WITHIN_SEQUENCES + ROUNDING:
                yield (
                    f"phase {phase.name}: {part.source} was asked for {part.target_share:.4%} and got "
                    f"{part.share:.4%}, {part.error_sequences:+.2f} sequences off: "
                    "more than the one that the contract allows"
                )
            if tokens and abs(part.actual_tokens / tokens - part.share) > ROUNDING:
                yield f"phase {phase.name}: the share of {part.source} is not that of its tokens"


def fingerprint_faults(manifest: MixtureManifest, lake: Lake, stages: dict[str, StageManifest]) -> Iterator[str]:
    """Whether the mixture's name is that of its plan over the blocks that its stages hold; OSError where they are gone.

    As `mixture_fingerprint` makes it; an older stage version made it in the same way.
    """
    blocks, held_out = {}, {}
    for source in manifest.sources:
        place = f"select/{source.name}" if f"select/{source.name}" in stages else f"tokenize/{source.name}"
        if place not in stages:
            return  # told as missing
        found = read_block_set(lake, stages[place])
        blocks[source.name] = found.content
        held_out[source.name] = sorted(found.held_out.values())
    spec = manifest.recipe.get("validation")
    names = [source["name"] for source in manifest.recipe.get("sources", [])]
    if spec is not None and not set(names) <= set(blocks):
        return  # a source that is not mixed: its blocks are not among these
    validation = {
        "layout": LAYOUT,
        "max_tokens": (spec or {}).get("max_tokens"),
        "held_out": {name: held_out.get(name, []) for name in names},
    }
    asked = asked_rows(
        manifest.phases,
        sequence_length=manifest.sequence_length,
        rows_per_shard=manifest.recipe.get("rows_per_shard"),
        seed=manifest.seed,
        packing=manifest.packing,
        shard_compression=manifest.recipe.get("shard_compression", storage.COMPRESSION),
    )
    content = {"request": asked, "blocks": blocks, "tokenizer": manifest.tokenizer.identity()}
    content |= {"validation": validation} if spec is not None else {}
    if manifest.fingerprint not in {digest_of(content | {"version": each}) for each in range(1, mix.VERSION + 1)}:
        yield "was altered, or its blocks were: the plan in it over those blocks has another fingerprint"


def shard_counts(uri: str) -> tuple[Counts, Counts, list[int]]:
    """Rows and tokens of a shard by (phase, source), and the numbers of its first and last row."""
    table = storage.read_table(uri, ["phase", "source", "n_tokens", "row"])
    table = table.set_column(0, "phase", table.column("phase").cast(pa.string()))
    table = table.set_column(1, "source", table.column("source").cast(pa.string()))
    sums = table.group_by(["phase", "source"]).aggregate([("n_tokens", "sum"), ("n_tokens", "count")]).to_pylist()
    rows = Counter({(each["phase"], each["source"]): each["n_tokens_count"] for each in sums})
    tokens = Counter({(each["phase"], each["source"]): each["n_tokens_sum"] for each in sums})
    numbers = table.column("row")
    return rows, tokens, [numbers[0].as_py(), numbers[-1].as_py()] if len(numbers) else []


def shard_faults(
    manifest: MixtureManifest, counted: list[tuple[ShardFile, Counts, Counts, list[int]]]
) -> Iterator[str]:
    """Where the rows of the shards, counted, are not what the manifest says was asked and got."""
    first = 0
    rows: Counts = Counter()
    tokens: Counts = Counter()
    for shard, shard_rows, shard_tokens, ends in counted:
        if ends and ends != [first, first + shard.rows - 1]:
            yield f"{shard.path} holds rows {ends[0]:,} to {ends[1]:,}, and {first:,} should be the first"
        first += shard.rows
        rows += shard_rows
        tokens += shard_tokens
    for phase in manifest.phases:
        for part in phase.sources:
            place = (phase.name, part.source)
            if (rows.pop(place, 0), tokens.pop(place, 0)) != (part.rows, part.actual_tokens):
                yield f"phase {phase.name}: the shards do not hold the rows and tokens of {part.source} that it names"
    if any(rows.values()):
        yield f"the shards hold rows of {', '.join(sorted({source for _, source in rows}))} that it does not name"

"""Plan: block counts and the recipe's phases make the exact mixture plan. One process, no text, no Spark."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mixer import storage
from mixer.best_fit import bin_tokens_of
from mixer.blocks import block_name, read_lengths
from mixer.ledger import BestFitLedger, Ledger
from mixer.manifest import Phase
from mixer.plan import MixturePlan, plan_mixture
from mixer.request import PlanRequest, SourceTokens
from mixer.stream import SourceStream
from mixer.tokens import tokenizer
from pipelines.block_sets import BlockSet, block_set
from pipelines.context import Context
from pipelines.lake import digest_of
from pipelines.recipe import Mixed, Recipe
from pipelines.validation_files import validation_fingerprint

NAME = "plan"

READERS = 8  # threads that read lengths: mostly waiting, on an object store


def run(context: Context) -> None:
    """Refuse a mixture that the data cannot reach before a shard is written; `mix` carries the plan out."""
    context.plan = make_plan(context)


def make_plan(context: Context) -> MixturePlan:
    """The plan of the recipe over the published token blocks; InfeasibleMixture when the data cannot reach it."""
    request, ledgers = plan_request(context)
    plan = plan_mixture(request, ledgers)
    return plan.model_copy(update={"notes": [*context.recipe.notes(), *plan.notes]})


def plan_request(context: Context) -> tuple[PlanRequest, dict[str, Ledger] | None]:
    """The planner's input: what the recipe asks, what the blocks hold, and with `best_fit` what their rows hold."""
    recipe = context.recipe
    sources: list[SourceTokens] = []
    ledgers: dict[str, Ledger] = {}
    for part in recipe.mixed():
        blocks = block_set(context, part.name)
        tokens = _source_tokens(part, blocks)
        if recipe.packing == "best_fit":
            packed = packed_blocks(blocks, recipe.sequence_length)
            tokens = tokens.model_copy(update={"block_rows": packed.rows, "split_documents": packed.split_documents})
            ledgers[part.name] = BestFitLedger(SourceStream(part.name, recipe.seed, packed.rows), packed.fills)
        sources.append(tokens)
    return request_of(recipe, sources), ledgers or None


def request_of(recipe: Recipe, sources: list[SourceTokens]) -> PlanRequest:
    """What the recipe asks of the given sources."""
    return PlanRequest(
        sources=sources,
        groups=recipe.weightings(),
        phases=recipe.phase_requests(),
        sequence_length=recipe.sequence_length,
        rows_per_shard=recipe.shard_rows(),
        seed=recipe.seed,
        packing=recipe.packing,
    )


@dataclass(frozen=True)
class PackedBlocks:
    """What `best_fit` makes of a source's blocks."""

    fills: dict[int, npt.NDArray[np.int32]]  # block -> real tokens of each of its sequences
    split_documents: int  # longer than a sequence

    @cached_property
    def rows(self) -> dict[int, int]:
        """Block -> its sequences."""
        return {block: len(fill) for block, fill in self.fills.items()}


_packed: dict[tuple[object, ...], PackedBlocks] = {}  # a build plans more than once over the same blocks


def packed_blocks(blocks: BlockSet, sequence_length: int) -> PackedBlocks:
    """The blocks under `best_fit`; reads the documents' lengths, once a process."""

    def pack(block: int) -> tuple[npt.NDArray[np.int32], int]:
        stored = blocks.lengths.get(block)
        lengths = read_lengths(f"{blocks.folders[block]}/{block_name(block)}") if stored is None else stored
        split = int(np.count_nonzero(lengths > sequence_length))
        return bin_tokens_of(lengths.astype(np.int64), sequence_length), split

    key = (blocks.content, tuple(blocks.folders.items()), tuple(blocks.tokens.items()), sequence_length)
    if key not in _packed:
        with ThreadPoolExecutor(READERS) as readers:
            found = dict(zip(blocks.folders, readers.map(pack, blocks.folders), strict=True))
        fills = {block: fill for block, (fill, _) in found.items()}
        _packed[key] = PackedBlocks(fills, sum(split for _, split in found.values()))
    return _packed[key]


def mixture_fingerprint(context: Context, plan: MixturePlan, version: int) -> str:
    """Names a mixture by what decides its bytes: the blocks' content, the vocabulary and which rows are whose."""
    request = plan.request
    asked = asked_rows(
        plan.phases,
        sequence_length=request.sequence_length,
        rows_per_shard=request.rows_per_shard,
        seed=request.seed,
        packing=request.packing,
        shard_compression=context.recipe.shard_compression,
    )
    blocks = {source.name: block_set(context, source.name).content for source in request.sources}
    vocabulary = tokenizer(context.recipe.tokenizer.name).info.identity()
    content = {"version": version, "request": asked, "blocks": blocks, "tokenizer": vocabulary}
    return digest_of(content | validation_fingerprint(context))


def asked_rows(phases: Sequence[Phase], *, shard_compression: str, **others: Any) -> dict[str, Any]:
    """Which rows are whose and how they are stored, as the fingerprint has it."""
    # In their order, which decides ties of the interleaving.
    asked = {
        "phases": [[phase.name, [[part.source, part.rows] for part in phase.sources]] for phase in phases]
    } | others
    # Mixtures that were made before there was a choice keep their names.
    return asked if shard_compression == storage.COMPRESSION else asked | {"shard_compression": shard_compression}


def resolved_recipe(recipe: Recipe) -> dict[str, Any]:
    """The recipe with every default filled in, as the manifest keeps it."""
    content = recipe.model_dump(mode="json", by_alias=True) | {"rows_per_shard": recipe.shard_rows()}
    for source, spec in zip(content["sources"], recipe.sources, strict=True):
        source["options"] = spec.parsed_options().plain()
    for part, mixed in zip([*content["sources"], *content["tiers"]], recipe.mixed(), strict=True):
        part |= {"group": mixed.group, "max_epochs": mixed.max_epochs, "on_epoch_cap": mixed.on_epoch_cap}
    return content


def _source_tokens(part: Mixed, blocks: BlockSet) -> SourceTokens:
    return SourceTokens(
        name=part.name,
        kind=part.kind,
        group=part.group,
        documents=sum(blocks.documents.values()),
        block_tokens=blocks.tokens,
        max_epochs=part.max_epochs,
        on_epoch_cap=part.on_epoch_cap,
        tier_of=part.tier_of,
    )

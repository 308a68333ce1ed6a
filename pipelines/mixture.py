"""A published mixture, ready to be asked about: its plan, its blocks, its rows."""

from dataclasses import dataclass
from functools import cached_property, partial

from mixer.manifest import MixtureManifest
from mixer.packing import Packer
from mixer.plan import MixturePlan
from mixer.request import PhaseRequest, PlanRequest, SourceTokens
from mixer.shards import TokenFormat, source_packer
from pipelines.block_sets import BlockSet, read_block, read_block_set
from pipelines.reporting.files import MixtureFiles
from pipelines.steps.plan import packed_blocks


@dataclass(frozen=True)
class Mixture:
    """A mixture at `files`; Gone (a LookupError) where the lake no longer holds what it was made from."""

    files: MixtureFiles

    @property
    def manifest(self) -> MixtureManifest:
        """What the mixture says of itself."""
        return self.files.manifest

    @cached_property
    def block_sets(self) -> dict[str, BlockSet]:
        """The blocks that each source was mixed from."""
        return {source.name: self._block_set(source.name) for source in self.manifest.sources}

    @cached_property
    def plan(self) -> MixturePlan:
        """The plan that was carried out, without its list of shards: what the rows are follows from it."""
        manifest = self.manifest
        request = PlanRequest(
            sources=[self._source_tokens(source.name) for source in manifest.sources],
            phases=[PhaseRequest(name=phase.name, budget_tokens=1, weights={}) for phase in manifest.phases],
            sequence_length=manifest.sequence_length,
            rows_per_shard=max(file.rows for file in manifest.files),
            seed=manifest.seed,
            packing=manifest.packing,
        )
        return MixturePlan(
            request=request,
            rows=manifest.rows,
            phases=manifest.phases,
            sources=manifest.sources,
            shards=[],
            notes=manifest.notes,
        )

    @cached_property
    def packers(self) -> dict[str, Packer]:
        """What makes each source's sequences, and says which documents are in one."""
        tokenizer = self.manifest.tokenizer
        format_ = TokenFormat(tokenizer.id_type, tokenizer.special_tokens[tokenizer.end_of_text])
        read = partial(read_block, {name: blocks.folders for name, blocks in self.block_sets.items()})
        return {source.name: source_packer(self.plan, source, format_, read) for source in self.plan.request.sources}

    def base_of(self, name: str) -> str:
        """The source that a tier's documents are of; a source's own name."""
        tiers = {tier["name"]: tier["from"] for tier in self.manifest.recipe.get("tiers", [])}
        return str(tiers.get(name, name))

    def _block_set(self, name: str) -> BlockSet:
        stage = "select" if f"select/{name}" in self.manifest.inputs else "tokenize"
        return read_block_set(self.files.lake, self.files.stage(stage, name))

    def _source_tokens(self, name: str) -> SourceTokens:
        total = next(source for source in self.manifest.sources if source.name == name)
        blocks = self.block_sets[name]
        is_packed = self.manifest.packing == "best_fit"
        rows = packed_blocks(blocks, self.manifest.sequence_length).rows if is_packed else {}
        return SourceTokens(
            name=name,
            kind=total.kind,
            group=total.group,
            documents=total.documents,
            block_tokens=blocks.tokens,
            block_rows=rows,
            max_epochs=total.max_epochs,
        )


def open_mixture(manifest_uri: str) -> Mixture:
    """The mixture at `manifest_uri` (its manifest or its folder); FileNotFoundError when there is none."""
    return Mixture(MixtureFiles.at(manifest_uri))

"""Estimate: what a source would yield, from a sample read in this process, when nothing is tokenized yet."""

import time
from dataclasses import dataclass

import pyarrow as pa

from mixer.order import key64
from mixer.plan import InfeasibleMixture, MixturePlan, PlanRequest, SourceTokens, plan_mixture
from mixer.tokens import tokenizer
from pipelines.document import Document, to_table
from pipelines.recipe import Recipe, SourceSpec
from pipelines.source import Split
from pipelines.steps.annotate import annotated
from pipelines.steps.decide import verdict_table
from pipelines.steps.ingest import plan_splits

SAMPLE_TEXT_BYTES = 1 << 20
SAMPLE_SECONDS = 10.0
BATCH_DOCUMENTS = 500


@dataclass
class Sample:
    """What was read of a source."""

    source: SourceSpec
    read_bytes: int = 0  # of input
    total_bytes: int = 0
    text_bytes: int = 0
    documents: int = 0
    kept: int = 0
    tokens: int = 0
    complete: bool = False

    @property
    def scale(self) -> float:
        """From the sample to the source."""
        return 1.0 if self.complete or not self.read_bytes else max(1.0, self.total_bytes / self.read_bytes)

    def source_tokens(self, max_epochs: float) -> SourceTokens:
        """The estimate as the planner takes it."""
        return SourceTokens(
            name=self.source.name,
            kind=self.source.kind,
            group=self.source.group_name(),
            documents=round(self.kept * self.scale),
            block_tokens={0: round(self.tokens * self.scale)},
            max_epochs=max_epochs,
        )

    def endless(self) -> SourceTokens:
        """A source of which nothing is known."""
        return self.source_tokens(1.0).model_copy(update={"block_tokens": {0: 1 << 62}, "max_epochs": None})


def sample_sources(recipe: Recipe) -> list[Sample]:
    """A sample of every source; RecipeError when one finds no input."""
    splits = [(source, plan_splits(source)) for source in recipe.sources]
    return [_sample(recipe, source, own_splits) for source, own_splits in splits]


def estimated_plan(recipe: Recipe, samples: list[Sample]) -> MixturePlan:
    """The plan over estimated tokens, without epoch caps: the table itself shows the epochs."""
    request = _request(recipe, samples)
    uncapped = [source.model_copy(update={"max_epochs": None}) for source in request.sources]
    return plan_mixture(request.model_copy(update={"sources": uncapped}))


def refuse_unreachable(recipe: Recipe, samples: list[Sample]) -> None:
    """InfeasibleMixture when the data cannot reach the mixture, as far as is known before any work.

    Known is a source that was read to its end: it can only lose documents to dedup. Of any other the sample proves
    nothing, so it counts as endless here, and the exact plan decides.
    """
    known = [
        sample.source_tokens(sample.source.max_epochs or recipe.max_epochs) if sample.complete else sample.endless()
        for sample in samples
    ]
    try:
        plan_mixture(_request(recipe, samples).model_copy(update={"sources": known}))
    except InfeasibleMixture as error:
        raise InfeasibleMixture(f"from a sample of the sources, before any work: {error}") from error


def _request(recipe: Recipe, samples: list[Sample]) -> PlanRequest:
    return PlanRequest(
        sources=[sample.source_tokens(sample.source.max_epochs or recipe.max_epochs) for sample in samples],
        phases=recipe.phase_requests(),
        sequence_length=recipe.sequence_length,
        rows_per_shard=recipe.rows_per_shard,
        seed=recipe.seed,
    )


def _sample(recipe: Recipe, source: SourceSpec, splits: list[Split]) -> Sample:
    """Read splits in a seeded order until the sample is full or its time is over."""
    sample = Sample(source, total_bytes=sum(split.size_bytes for split in splits))
    deadline = time.monotonic() + SAMPLE_SECONDS
    order = sorted(range(len(splits)), key=lambda number: int(key64("sample", recipe.seed, source.name, number)))
    for number in order:
        if sample.text_bytes >= SAMPLE_TEXT_BYTES or time.monotonic() > deadline:
            return sample
        if not _read_split(recipe, source, splits[number], sample, deadline):
            return sample
        sample.read_bytes += splits[number].size_bytes
    sample.complete = True
    return sample


def _read_split(recipe: Recipe, source: SourceSpec, split: Split, sample: Sample, deadline: float) -> bool:
    """Add a split to the sample; False when time ran out inside it, so that the sample understates it."""
    pending: list[Document] = []
    for record in source.source_kind().read(split, source.parsed_options()):
        if isinstance(record, Document):
            pending.append(record)
        if len(pending) == BATCH_DOCUMENTS:
            _add(recipe, source, to_table(source.name, pending), sample)
            pending = []
        if time.monotonic() > deadline:
            break
    else:
        _add(recipe, source, to_table(source.name, pending), sample)
        return True
    _add(recipe, source, to_table(source.name, pending), sample)
    return False


def _add(recipe: Recipe, source: SourceSpec, documents: pa.Table, sample: Sample) -> None:
    if not documents.num_rows:
        return
    signals = annotated(documents, source.source_kind().code_like, recipe.dedup)
    kept = documents.filter(verdict_table(signals, recipe.checks(source)).column("keep"))
    encoder = tokenizer(recipe.tokenizer.name)
    sample.documents += documents.num_rows
    sample.kept += kept.num_rows
    sample.text_bytes += documents.column("text").nbytes
    columns = (kept.column(name).to_pylist() for name in ("text", "marks"))
    for text, marks in zip(*columns, strict=True):
        sample.tokens += len(encoder.encode_document(text, [(mark["at_bytes"], mark["token"]) for mark in marks]))

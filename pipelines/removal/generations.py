"""What a lake holds of its sources: documents with everything that later stages published about them."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.context import Context, part_number
from pipelines.lake import Lake, StageManifest, folders_in
from pipelines.steps import annotate, tokenize_blocks


@dataclass(frozen=True)
class Generation:
    """One source's documents as ingested and measured once, with all that was made from them."""

    source: str
    documents: StageManifest
    annotated: StageManifest
    removed: tuple[StageManifest, ...]  # of dedup
    blocks: tuple[StageManifest, ...]  # of tokenize

    def parts(self, lake: Lake) -> Iterator[tuple[int, str, str]]:
        """(part's number, uri of its documents, uri of their measurements)."""
        documents = self.documents.part_uris(lake, "part-")
        for uri, annotated in zip(documents, self.annotated.part_uris(lake, "part-"), strict=True):
            yield part_number(uri), uri, annotated

    def classifiers(self) -> list[str]:
        """The classifiers that scored its documents."""
        return annotate.scored_by(self.annotated.settings)

    def removed_of_part(self, lake: Lake, number: int) -> Iterator[str]:
        """Uris of the lists of the part's removed documents."""
        for manifest in self.removed:
            yield from (uri for uri in manifest.part_uris(lake, "removed-") if part_number(uri) == number)


def generations_of_run(context: Context) -> list[Generation]:
    """Those that a recipe's stages have published, as the context found them; sources without measurements left out."""
    published = context.published
    found = []
    for source in context.recipe.sources:
        stages = {stage: published.get(stage, {}).get(source.name) for stage in ("ingest", "annotate")}
        documents, annotated = stages["ingest"], stages["annotate"]
        if documents is None or annotated is None:
            continue
        later = [tuple(m for m in (published.get(stage, {}).get(source.name),) if m) for stage in ("dedup", "tokenize")]
        found.append(Generation(source.name, documents, annotated, *later))
    return found


def generations_of_lake(lake: Lake) -> list[Generation]:
    """Every one that the lake holds, of every recipe and every time, by source and fingerprint."""
    found = []
    for source in folders_in(f"{lake.uri}/stages/annotate"):
        documents = {manifest.output: manifest for manifest in _manifests(lake, "ingest", source)}
        removed = _manifests(lake, "dedup", source)
        blocks = [m for m in _manifests(lake, "tokenize", source) if m.stage_version == tokenize_blocks.VERSION]
        for annotated in _manifests(lake, "annotate", source):
            ingested = documents.get(annotated.inputs["documents"])
            if ingested is None:
                continue
            own = tuple(m for m in removed if m.inputs.get(f"annotated/{source}") == annotated.output)
            outputs = {manifest.output for manifest in own}
            own_blocks = tuple(
                m for m in blocks if m.inputs["documents"] == ingested.output and m.inputs["removed"] in outputs
            )
            found.append(Generation(source, ingested, annotated, own, own_blocks))
    return found


def _manifests(lake: Lake, stage: str, source: str) -> list[StageManifest]:
    names = folders_in(f"{lake.uri}/stages/{stage}/{source}")
    return [manifest for name in names if (manifest := lake.find(stage, source, name)) is not None]

"""From a row of the mixture to its documents."""

from dataclasses import dataclass

import numpy as np

from mixer.interleave import Interleaving
from mixer.manifest import MixtureManifest, Phase
from mixer.packing import DocumentPart
from mixer.tokens import ENCODINGS, tokenizer
from pipelines.explaining.accounts import Account, accounts
from pipelines.explaining.documents import with_ids
from pipelines.explaining.places import Held, Locator, Presence, names_over
from pipelines.explaining.stored_rows import take
from pipelines.mixture import Mixture
from pipelines.reporting.files import Gone, reading

OTHERS_SHOWN = 10  # other rows that hold the same document
TOKENS_OF_CHARACTER = 4  # at most: a token is at least one byte


@dataclass(frozen=True)
class Place:
    """A row as a sequence of its source."""

    row: int
    phase: str
    mixed_as: str  # the source, or the tier
    sequence: int  # of that source's or tier's own sequences


@dataclass(frozen=True)
class Part:
    """What the row holds of one document."""

    position: int  # in the row
    tokens: int
    start: int  # in the document
    document_tokens: int  # all of the document's, its end-of-text token included
    begins_here: bool
    ends_here: bool
    epoch: int
    block: int
    text: str | None  # the row's own tokens, decoded, as far as was asked
    account: Account
    other_rows: int
    first_other_rows: list[Held]


@dataclass(frozen=True)
class RowStory:
    """A row, where it lies, and the documents in it, in order."""

    place: Place
    source: str  # the one that documents were read for; differs from the place's with a tier
    kind: str
    group: str
    shard: str  # file name
    row_in_shard: int
    tokens: int
    padding_tokens: int
    matches_shard: bool | None  # the shard holds just these tokens; None: it is not there any more
    parts: list[Part]


def place_of(manifest: MixtureManifest, row: int) -> Place:
    """The source and sequence of a row of the mixture: the interleaving's inverse."""
    phase = next(phase for phase in manifest.phases if phase.first_row <= row < phase.first_row + phase.rows)
    index, sequence = _sequence_at(phase, row - phase.first_row)
    part = phase.sources[index]
    return Place(row, phase.name, part.source, part.first_sequence + sequence)


def _sequence_at(phase: Phase, row: int) -> tuple[int, int]:
    """(source's index, its sequence in the phase) at a row of the phase."""
    interleaving = Interleaving([part.rows for part in phase.sources])
    for index, count in enumerate(interleaving.counts):
        sequence = interleaving.first_sequence_at(index, row)
        if sequence < count and interleaving.rows_of(index, np.array([sequence]))[0] == row:
            return index, sequence
    raise AssertionError(f"no source of phase {phase.name} has row {row} of it")


def explain_row(mixture: Mixture, row: int, text_chars: int = 0) -> RowStory:
    """The story of a row; Gone when the lake lost what it takes, or holds other blocks than those it was mixed from."""
    manifest = mixture.manifest
    place = place_of(manifest, row)
    first_row, uri = max(shard for shard in mixture.files.shards() if shard[0] <= row)
    with reading(f"Blocks of {place.mixed_as}"):
        packer = mixture.packers[place.mixed_as]
        parts = packer.parts(place.sequence)
        ids = packer.pack(place.sequence, place.sequence + 1).input_ids[0]
    matches = _matches(uri, row - first_row, ids.tolist())
    if matches is False:
        raise Gone(
            f"Row {row:,}: its shard holds other tokens than the lake's blocks make. They are not the blocks that "
            "it was mixed from, or the shard is damaged. Build the mixture again."
        )
    total = next(source for source in manifest.sources if source.name == place.mixed_as)
    tokens = sum(part.tokens for part in parts)
    return RowStory(
        place=place,
        source=mixture.base_of(place.mixed_as),
        kind=total.kind,
        group=total.group,
        shard=uri.rsplit("/", 1)[-1],
        row_in_shard=row - first_row,
        tokens=tokens,
        padding_tokens=manifest.sequence_length - tokens,
        matches_shard=matches,
        parts=_parts(mixture, place, parts, ids.tolist(), text_chars),
    )


def _matches(uri: str, row_in_shard: int, ids: list[int]) -> bool | None:
    try:
        (stored,) = take(uri, [row_in_shard], ["input_ids"])
    except FileNotFoundError:
        return None
    return bool(stored["input_ids"] == ids)


def _parts(mixture: Mixture, place: Place, parts: list[DocumentPart], ids: list[int], text_chars: int) -> list[Part]:
    source = mixture.base_of(place.mixed_as)
    doc_ids = {part.doc_id for part in parts}
    found = accounts(mixture.files, list(with_ids(mixture.files, source, doc_ids)))
    told: dict[str, Account] = {}
    for stored, account in found.items():  # of documents that are alike in all that an id covers, one survives
        if stored.doc_id not in told or account.survives:
            told[stored.doc_id] = account
    if missing := doc_ids - told.keys():
        raise Gone(f"Documents of {source}: {', '.join(sorted(missing))} not among them. Build the mixture again.")
    presence = {name: Locator(mixture, name).presence(doc_ids) for name in names_over(mixture, source)}
    return [_part(place, part, told[part.doc_id], presence, _text(mixture, part, ids, text_chars)) for part in parts]


def _part(
    place: Place, part: DocumentPart, account: Account, presence: dict[str, dict[str, Presence]], text: str | None
) -> Part:
    document_tokens = presence[place.mixed_as][part.doc_id].tokens
    others = sorted(
        held
        for documents in presence.values()
        if part.doc_id in documents
        for held in documents[part.doc_id].held
        if held.row != place.row
    )
    return Part(
        position=part.position,
        tokens=part.tokens,
        start=part.start,
        document_tokens=document_tokens,
        begins_here=part.start == 0,
        ends_here=part.start + part.tokens == document_tokens,
        epoch=part.epoch,
        block=part.block,
        text=text,
        account=account,
        other_rows=len({held.row for held in others}),
        first_other_rows=others[:OTHERS_SHOWN],
    )


def _text(mixture: Mixture, part: DocumentPart, ids: list[int], text_chars: int) -> str | None:
    """The first characters of the part as the row holds it, special tokens spelled out."""
    if not text_chars:
        return None
    asked = mixture.manifest.tokenizer
    if asked.name not in ENCODINGS or tokenizer(asked.name).info.vocabulary_sha256 != asked.vocabulary_sha256:
        raise Gone(f"Text: vocabulary {asked.name} of {asked.package} {asked.package_version} is not installed.")
    count = min(part.tokens, text_chars * TOKENS_OF_CHARACTER)
    return tokenizer(asked.name).decode(ids[part.position : part.position + count])[:text_chars]

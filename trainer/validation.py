"""Bits per byte of held-out text, source by source: comparable between tokenizers, mixtures and model sizes.

bits per byte = sum of -ln p(token) over tokens of text / ln 2 / UTF-8 bytes that these tokens stand for

(as in The Pile, Gao et al. 2020, section 3). Only text counts: special tokens, end-of-text and padding are read and
never scored. Attention stays inside documents, and a document's first token is predicted from end-of-text alone.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mixer.manifest import MixtureManifest, read_manifest
from trainer.documents import document_layout
from trainer.errors import SettingError
from trainer.loss import next_token_nats
from trainer.model import Decoder
from trainer.ranks import Ranks
from trainer.validation_rows import ValidationRows, validation_batches

BATCH_ROWS = 8


@dataclass(frozen=True)
class SourceValidation:
    """What a model makes of one source's held-out text."""

    bits_per_byte: float
    nats: float  # summed over `tokens`
    tokens: int  # predicted, all of them text
    bytes: int  # of UTF-8, that they stand for
    rows: int


def validate(
    model: Decoder,
    manifest_uri: str,
    *,
    max_rows: int | None = None,
    batch_rows: int = BATCH_ROWS,
    ranks: Ranks | None = None,
) -> dict[str, SourceValidation]:
    """Measure `model`, where it is and without gradients, on the held-out text of the mixture; by source.

    `max_rows` takes the first rows of every source's file, which are the same whatever the mixture's ratios are.
    Memory is bounded by `batch_rows` rows and one buffer of logits. Where there are several `ranks`, all call this
    with the same whole model, take their share of the batches, and get the result of one. SettingError when the
    mixture holds nothing out, ShardError when its files are not what the manifest says.
    """
    manifest = read_manifest(manifest_uri)
    check_validation(manifest, max_rows)
    if batch_rows < 1:
        raise SettingError(f"batch_rows is {batch_rows}, it must be at least 1")
    with torch.no_grad():
        return {
            file.source: _validate_source(
                model, validation_batches(manifest_uri, manifest, file, max_rows, batch_rows), ranks or Ranks()
            )
            for file in manifest.validation
        }


def check_validation(manifest: MixtureManifest, max_rows: int | None) -> None:
    """SettingError when there is nothing to validate on."""
    if not manifest.validation:
        raise SettingError(
            f"mixture {manifest.name!r} holds nothing out: write `validation: {{share: 0.01}}` into its recipe and "
            "build it again"
        )
    if max_rows is not None and max_rows < 1:
        raise SettingError(f"{max_rows} validation rows are asked, at least 1 is needed")


def _validate_source(model: Decoder, batches: Iterator[ValidationRows], ranks: Ranks) -> SourceValidation:
    here = ranks.agree(lambda: [_Part.of(model, batch) for batch in islice(batches, ranks.rank, None, ranks.world)])
    parts = [part for rank in ranks.gather(here) for part in rank]
    total = math.fsum(part.nats for part in parts)  # exact, so that no order of batches changes it
    tokens, n_bytes, rows = (sum(column) for column in zip(*(part[1:] for part in parts), strict=True))
    return SourceValidation(total / math.log(2) / n_bytes, total, tokens, n_bytes, rows)


class _Part(NamedTuple):
    """What one batch adds."""

    nats: float
    tokens: int
    bytes: int
    rows: int

    @classmethod
    def of(cls, model: Decoder, batch: ValidationRows) -> "_Part":
        each = _nats_of(model, batch)
        return cls(math.fsum(each.tolist()), len(each), batch.n_bytes, len(batch.n_tokens))


def _nats_of(model: Decoder, batch: ValidationRows) -> Tensor:
    """-ln p of every target of the batch, float32 [targets], in row order, on the CPU."""
    device = next(model.parameters()).device
    ids = torch.from_numpy(batch.input_ids).to(device)
    layout = document_layout(batch.doc_starts, ids.shape[1])
    documents, positions = (torch.from_numpy(array).to(device) for array in layout)
    tokens = torch.from_numpy(np.flatnonzero(batch.has_target)).to(device)
    with model.compute.autocast(device):  # as in training
        hidden = model.hidden(ids, documents, positions).flatten(0, 1).index_select(0, tokens)
        return next_token_nats(hidden, model.embedding.weight, ids.flatten()[tokens + 1]).cpu()

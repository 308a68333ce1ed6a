"""Bits per byte of held-out text, source by source: comparable between tokenizers, mixtures and model sizes.

bits per byte = sum of -ln p(token) over tokens of text / ln 2 / UTF-8 bytes that these tokens stand for

(as in The Pile, Gao et al. 2020, section 3). Only text counts: special tokens, end-of-text and padding are read and
never scored. Attention stays inside documents, and a document's first token is predicted from end-of-text alone.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mixer.manifest import MixtureManifest, ValidationFile, read_manifest
from trainer.documents import document_layout
from trainer.errors import SettingError
from trainer.loss import next_token_nats
from trainer.model import Decoder
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
    model: Decoder, manifest_uri: str, *, max_rows: int | None = None, batch_rows: int = BATCH_ROWS
) -> dict[str, SourceValidation]:
    """Measure `model`, where it is and without gradients, on the held-out text of the mixture; by source.

    `max_rows` takes the first rows of every source's file, which are the same whatever the mixture's ratios are.
    Memory is bounded by `batch_rows` rows and one buffer of logits. SettingError when the mixture holds nothing out,
    ShardError when its files are not what the manifest says.
    """
    manifest = read_manifest(manifest_uri)
    check_validation(manifest, max_rows)
    if batch_rows < 1:
        raise SettingError(f"batch_rows is {batch_rows}, it must be at least 1")
    with torch.no_grad():
        return {
            file.source: _validate_source(model, manifest_uri, manifest, file, max_rows, batch_rows)
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


def _validate_source(
    model: Decoder,
    manifest_uri: str,
    manifest: MixtureManifest,
    file: ValidationFile,
    max_rows: int | None,
    batch_rows: int,
) -> SourceValidation:
    nats: list[float] = []
    tokens = n_bytes = rows = 0
    for batch in validation_batches(manifest_uri, manifest, file, max_rows, batch_rows):
        each = _nats_of(model, batch)
        nats.append(math.fsum(each.tolist()))
        tokens += len(each)
        n_bytes += batch.n_bytes
        rows += len(batch.n_tokens)
    total = math.fsum(nats)
    return SourceValidation(total / math.log(2) / n_bytes, total, tokens, n_bytes, rows)


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

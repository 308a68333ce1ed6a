"""One optimizer step: forward, backward, clip, update; stops before the update when a number is not finite."""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.documents import document_layout, tokens_with_target
from trainer.errors import SettingError, TrainingDivergedError
from trainer.model import Decoder
from trainer.optimizer import GRADIENT_CLIP_NORM
from trainer.parallel import ParallelModel
from trainer.ranks import Ranks
from trainer.shard_rows import Rows


class StepOutcome(NamedTuple):
    """Mean loss of the batch and of each source's rows, and the gradient norm before clipping.

    Means are in nats per predicted token; a source without one is left out.
    """

    loss: float
    source_loss: dict[str, float]
    gradient_norm: float


def train_step(
    model: Decoder,
    optimizer: torch.optim.AdamW,
    batch: Rows,
    learning_rate: float,
    *,
    micro_batch_rows: int,
    within_documents: bool,
    stay_inside_documents: bool,
    clip_norm: float = GRADIENT_CLIP_NORM,
    parallel: ParallelModel | None = None,
) -> StepOutcome:
    """Update `model` on `batch`, `micro_batch_rows` rows at a time; a TrainerError leaves it unchanged.

    Padding is never predicted. `within_documents` keeps attention inside documents and counts positions from their
    starts; `stay_inside_documents` does so too, and does not predict a document's first token. With several ranks
    `parallel` is `model` as they train it, all of them call this with their rows of the global batch, and what comes
    out is of the global batch on each of them.
    """
    parallel = ParallelModel(model) if parallel is None else parallel
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.zero_grad(set_to_none=True)
    has_target = _find_targets(batch, stay_inside_documents)
    all_targets = sum(parallel.ranks.gather(int(has_target.sum())))
    if not all_targets:
        raise SettingError(
            f"rows {batch.rows[0]}..{batch.rows[-1]} hold nothing to predict, only pieces of one token: "
            "use a larger batch (batch_rows)"
        )
    masked = within_documents or stay_inside_documents
    losses = _accumulate_all(parallel, batch, has_target, all_targets, micro_batch_rows, masked)
    norm = parallel.clip_gradients(clip_norm)
    rows = gather_row_losses(parallel.ranks, losses.cpu().numpy(), has_target, batch)
    outcome = _outcome(rows, norm)
    _refuse_not_finite(outcome, rows, learning_rate)
    optimizer.step()
    return outcome


def _find_targets(batch: Rows, inside_documents: bool) -> NDArray[np.bool_]:
    """Which tokens have one to predict, bool [rows, sequence length]."""
    length = batch.input_ids.shape[1]
    return tokens_with_target(batch.n_tokens, batch.doc_starts, length, inside_documents=inside_documents)


def _accumulate_all(
    parallel: ParallelModel,
    batch: Rows,
    has_target: NDArray[np.bool_],
    all_targets: int,
    micro_batch_rows: int,
    masked: bool,
) -> Tensor:
    """Add the gradients of the mean over `all_targets` tokens of all ranks; returns the losses of this rank's.

    Several ranks go through as many micro batches each, those without a target too, for they meet in each of them.
    """
    starts = range(0, len(batch.rows), micro_batch_rows)
    parts = [slice(start, start + micro_batch_rows) for start in starts]
    if parallel.ranks.world == 1:
        parts = [part for part in parts if has_target[part].any()]
    losses = []
    for number, part in enumerate(parts, start=1):
        with parallel.accumulating(is_last=number == len(parts)):
            losses.append(_accumulate(parallel, batch, has_target, all_targets, part, masked))
    return torch.cat(losses)


def _accumulate(
    parallel: ParallelModel,
    batch: Rows,
    has_target: NDArray[np.bool_],
    all_targets: int,
    part: slice,
    masked: bool,
) -> Tensor:
    """Add the gradients of some rows of the batch; returns the loss of each of their tokens that has a target.

    `has_target` is bool [rows of the batch, sequence length]; the losses are float32, in its order.
    """
    device = parallel.ranks.device
    ids = torch.from_numpy(batch.input_ids[part]).to(device)
    documents = positions = None
    if masked:
        layout = document_layout(batch.doc_starts[part], ids.shape[1])
        documents, positions = (torch.from_numpy(array).to(device) for array in layout)
    found = np.flatnonzero(has_target[part])
    # Without a target: one that weighs nothing, so that this rank meets the others.
    tokens = torch.from_numpy(found if len(found) else np.zeros(1, dtype=np.int64)).to(device)
    with parallel.decoder.compute.autocast(device):
        mean, each = parallel.loss(ids, documents, positions, tokens)
    # DDP and FSDP2 average over the ranks; the mean over the tokens of all of them is asked.
    weight = len(found) * parallel.ranks.world / all_targets
    (mean * weight).backward()  # type: ignore[no-untyped-call]
    return each[: len(found)]


class RowLoss(NamedTuple):
    """Sum of one row's losses in nats, over its tokens that have a target."""

    row: int
    source: str
    nats: float
    tokens: int


def gather_row_losses(
    ranks: Ranks, losses: NDArray[np.float32], has_target: NDArray[np.bool_], batch: Rows
) -> list[RowLoss]:
    """Losses of the global batch's rows; here are given those of this rank's tokens with a target, in row order."""
    tokens = has_target.sum(axis=1)
    nats = np.bincount(np.repeat(np.arange(len(tokens)), tokens), weights=losses, minlength=len(tokens))
    columns = (batch.rows.tolist(), batch.sources, nats.tolist(), tokens.tolist())
    here = [RowLoss(*values) for values in zip(*columns, strict=True)]
    return sorted(row for rows in ranks.gather(here) for row in rows)


def _outcome(rows: list[RowLoss], gradient_norm: float) -> StepOutcome:
    """Means over all tokens that have a target; sums of float64 that no order of rows changes."""
    by_source = {}
    for source in sorted({row.source for row in rows}):
        found = [row for row in rows if row.source == source and row.tokens]
        if found:
            by_source[source] = math.fsum(row.nats for row in found) / sum(row.tokens for row in found)
    mean = math.fsum(row.nats for row in rows) / sum(row.tokens for row in rows)
    return StepOutcome(mean, by_source, gradient_norm)


def _refuse_not_finite(outcome: StepOutcome, rows: list[RowLoss], learning_rate: float) -> None:
    if math.isfinite(outcome.loss) and math.isfinite(outcome.gradient_norm):
        return
    raise TrainingDivergedError(
        f"loss {outcome.loss}, gradient norm {outcome.gradient_norm} at learning rate {learning_rate:.3g} on rows "
        f"{rows[0].row}..{rows[-1].row} ({', '.join(sorted({row.source for row in rows}))}): the run stopped before "
        "the update. Lower the learning rate and resume from the last checkpoint"
    )

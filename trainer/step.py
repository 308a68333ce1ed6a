"""One optimizer step: forward, backward, clip, update; stops before the update when a number is not finite."""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.documents import document_layout, tokens_with_target
from trainer.errors import SettingError, TrainingDivergedError
from trainer.loss import next_token_loss
from trainer.model import Decoder
from trainer.shard_rows import Rows

# AdamW and clipping as GPT-3 (Brown et al. 2020, appendix B); the paper names AdamW only.
ADAM_BETAS = (0.9, 0.95)
ADAM_EPSILON = 1e-8
WEIGHT_DECAY = 0.1
GRADIENT_CLIP_NORM = 1.0


class StepOutcome(NamedTuple):
    """Mean loss of the batch and of each source's rows, and the gradient norm before clipping.

    Means are in nats per predicted token; a source without one is left out.
    """

    loss: float
    source_loss: dict[str, float]
    gradient_norm: float


def make_optimizer(model: Decoder) -> torch.optim.AdamW:
    """AdamW that decays dense weights, not norms, nor the embedding (most of whose rows a batch does not touch)."""
    dense = [p for name, p in model.named_parameters() if p.ndim == 2 and not name.startswith("embedding")]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or name.startswith("embedding")]
    groups = [{"params": dense, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=ADAM_BETAS, eps=ADAM_EPSILON, fused=True)


def train_step(
    model: Decoder,
    optimizer: torch.optim.AdamW,
    batch: Rows,
    learning_rate: float,
    *,
    micro_batch_rows: int,
    within_documents: bool,
    stay_inside_documents: bool,
) -> StepOutcome:
    """Update `model` on `batch`, `micro_batch_rows` rows at a time; a TrainerError leaves it unchanged.

    Padding is never predicted. `within_documents` keeps attention inside documents and counts positions from their
    starts; `stay_inside_documents` does so too, and does not predict a document's first token.
    """
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.zero_grad(set_to_none=True)
    has_target = _find_targets(batch, stay_inside_documents)
    losses = [
        _accumulate(
            model, batch, has_target, slice(start, start + micro_batch_rows), within_documents or stay_inside_documents
        )
        for start in range(0, len(batch.rows), micro_batch_rows)
        if has_target[start : start + micro_batch_rows].any()
    ]
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_CLIP_NORM)
    outcome = _outcome(torch.cat(losses).cpu().numpy(), has_target, batch.sources, norm.item())
    _refuse_not_finite(outcome, batch, learning_rate)
    optimizer.step()
    return outcome


def _find_targets(batch: Rows, inside_documents: bool) -> NDArray[np.bool_]:
    """Which tokens have one to predict, bool [rows, sequence length]; SettingError where none has."""
    length = batch.input_ids.shape[1]
    has_target = tokens_with_target(batch.n_tokens, batch.doc_starts, length, inside_documents=inside_documents)
    if not has_target.any():
        raise SettingError(
            f"rows {batch.rows[0]}..{batch.rows[-1]} hold nothing to predict, only pieces of one token: "
            "use a larger batch (batch_rows)"
        )
    return has_target


def _accumulate(model: Decoder, batch: Rows, has_target: NDArray[np.bool_], part: slice, masked: bool) -> Tensor:
    """Add the gradients of some rows of the batch; returns the loss of each of their tokens that has a target.

    `has_target` is bool [rows of the batch, sequence length]; the losses are float32, in its order.
    """
    device = model.embedding.weight.device
    ids = torch.from_numpy(batch.input_ids[part]).to(device)
    documents = positions = None
    if masked:
        layout = document_layout(batch.doc_starts[part], ids.shape[1])
        documents, positions = (torch.from_numpy(array).to(device) for array in layout)
    tokens = torch.from_numpy(np.flatnonzero(has_target[part])).to(device)
    with model.compute.autocast(device):
        hidden = model.hidden(ids, documents, positions).flatten(0, 1).index_select(0, tokens)
        mean, each = next_token_loss(hidden, model.embedding.weight, ids.flatten()[tokens + 1], model.compute.loss)
    (mean * (len(tokens) / int(has_target.sum()))).backward()  # type: ignore[no-untyped-call]
    return each


def _outcome(
    losses: NDArray[np.float32], has_target: NDArray[np.bool_], sources: list[str], gradient_norm: float
) -> StepOutcome:
    """Means over the losses of the tokens that have a target, given in row order."""
    row_tokens = has_target.sum(axis=1)
    row_losses = np.bincount(np.repeat(np.arange(len(sources)), row_tokens), weights=losses, minlength=len(sources))
    by_source = {}
    for source in sorted(set(sources)):
        rows = np.array([name == source for name in sources])
        if row_tokens[rows].any():
            by_source[source] = math.fsum(row_losses[rows]) / int(row_tokens[rows].sum())
    return StepOutcome(math.fsum(row_losses) / int(row_tokens.sum()), by_source, gradient_norm)


def _refuse_not_finite(outcome: StepOutcome, batch: Rows, learning_rate: float) -> None:
    if math.isfinite(outcome.loss) and math.isfinite(outcome.gradient_norm):
        return
    raise TrainingDivergedError(
        f"loss {outcome.loss}, gradient norm {outcome.gradient_norm} at learning rate {learning_rate:.3g} on rows "
        f"{batch.rows[0]}..{batch.rows[-1]} ({', '.join(sorted(set(batch.sources)))}): the run stopped before the "
        "update. Lower the learning rate and resume from the last checkpoint"
    )

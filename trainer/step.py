"""One optimizer step: forward, backward, clip, update; stops before the update when a number is not finite."""

import math
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor

from trainer.documents import document_layout
from trainer.errors import TrainingDivergedError
from trainer.loss import next_token_loss
from trainer.model import Decoder
from trainer.shard_rows import Rows

# AdamW and clipping as GPT-3 (Brown et al. 2020, appendix B); the paper names AdamW only.
ADAM_BETAS = (0.9, 0.95)
ADAM_EPSILON = 1e-8
WEIGHT_DECAY = 0.1
GRADIENT_CLIP_NORM = 1.0


class StepOutcome(NamedTuple):
    """Mean loss of the batch and of each source's rows (nats per token), and the gradient norm before clipping."""

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
) -> StepOutcome:
    """Update `model` on `batch`, `micro_batch_rows` rows at a time; TrainingDivergedError leaves it unchanged."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.zero_grad(set_to_none=True)
    row_losses = [
        _accumulate(model, batch, slice(start, start + micro_batch_rows), within_documents)
        for start in range(0, len(batch.rows), micro_batch_rows)
    ]
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_CLIP_NORM)
    losses = torch.cat(row_losses).tolist()
    outcome = StepOutcome(math.fsum(losses) / len(losses), _by_source(losses, batch.sources), norm.item())
    _refuse_not_finite(outcome, batch, learning_rate)
    optimizer.step()
    return outcome


def _accumulate(model: Decoder, batch: Rows, part: slice, within_documents: bool) -> Tensor:
    """Add the gradients of some rows of the batch; returns each row's mean loss, float32 [rows]."""
    device = model.embedding.weight.device
    ids = torch.from_numpy(batch.input_ids[part]).to(device)
    documents = positions = None
    if within_documents:
        layout = document_layout(batch.doc_starts[part], ids.shape[1])
        documents, positions = (torch.from_numpy(array).to(device) for array in layout)
    with _autocast(device):
        hidden = model.hidden(ids, documents, positions)[:, :-1]
        mean, each = next_token_loss(hidden.flatten(0, 1), model.embedding.weight, ids[:, 1:].flatten())
    (mean * (len(ids) / len(batch.rows))).backward()  # type: ignore[no-untyped-call]
    return each.view(len(ids), -1).mean(dim=1)


def _autocast(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 products on CUDA; plain float32 on the CPU, where bfloat16 is emulated and far slower."""
    return torch.autocast("cuda", dtype=torch.bfloat16) if device.type == "cuda" else nullcontext()


def _by_source(losses: list[float], sources: list[str]) -> dict[str, float]:
    grouped: dict[str, list[float]] = {}
    for loss, source in zip(losses, sources, strict=True):
        grouped.setdefault(source, []).append(loss)
    return {source: math.fsum(values) / len(values) for source, values in sorted(grouped.items())}


def _refuse_not_finite(outcome: StepOutcome, batch: Rows, learning_rate: float) -> None:
    if math.isfinite(outcome.loss) and math.isfinite(outcome.gradient_norm):
        return
    raise TrainingDivergedError(
        f"loss {outcome.loss}, gradient norm {outcome.gradient_norm} at learning rate {learning_rate:.3g} on rows "
        f"{batch.rows[0]}..{batch.rows[-1]} ({', '.join(sorted(set(batch.sources)))}): the run stopped before the "
        "update. Lower the learning rate and resume from the last checkpoint"
    )

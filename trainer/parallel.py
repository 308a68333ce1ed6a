"""A decoder as several ranks train it: whole on each of them (DDP) or in shards (FSDP2), both PyTorch's own.

The loss is a part of the module that is wrapped. So under FSDP2 the embedding, which the loss needs whole and uses
twice (tied), belongs to the outermost shard group: gathered once a forward pass, kept until the backward pass is over,
and its one gradient scattered after both uses were added. Parameters, gradients and their sums are float32 everywhere;
bfloat16 is autocast's business, as on one device.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, cast

import torch
from torch import Tensor, nn

from trainer.errors import SettingError
from trainer.loss import next_token_loss
from trainer.model import Decoder
from trainer.presets import Preset
from trainer.ranks import Ranks

Mode = Literal["none", "ddp", "fsdp"]
MODES = ("auto", "none", "ddp", "fsdp")
# From here on `auto` shards: weights, gradients and AdamW's two moments take 16 bytes a parameter, 9.7 GB for the
# 470m preset and a 100k vocabulary, which is better spent on larger micro batches.
SHARDED_FROM_PARAMETERS = 400_000_000


class ParallelModel:
    """Computes losses and gradients of `decoder`; gradients are summed over the ranks.

    Changes `decoder` in place under FSDP2: make the optimizer afterwards.
    """

    def __init__(self, decoder: Decoder, mode: Mode = "none", ranks: Ranks | None = None) -> None:
        self.decoder, self.mode = decoder, mode
        self.ranks = Ranks(device=decoder.embedding.weight.device) if ranks is None else ranks
        self._loss: nn.Module = _TokenLoss(decoder)
        if mode == "ddp":
            on_gpu = self.ranks.device.type == "cuda"
            devices = [self.ranks.device] if on_gpu else None
            self._loss = nn.parallel.DistributedDataParallel(
                self._loss, device_ids=devices, gradient_as_bucket_view=True
            )
        if mode == "fsdp":
            _shard(self._loss, decoder, self.ranks)

    def loss(
        self, input_ids: Tensor, documents: Tensor | None, positions: Tensor | None, tokens: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Mean loss (differentiable) and each loss of the `tokens`, which count through the rows of `input_ids`."""
        mean, each = self._loss(input_ids, documents, positions, tokens)
        return mean, each

    @contextmanager
    def accumulating(self, is_last: bool) -> Iterator[None]:
        """Forward and backward of one micro batch: gradients travel with the last one only."""
        if self.mode == "fsdp":
            self._loss.set_requires_gradient_sync(is_last)  # type: ignore[operator]
        if self.mode == "ddp" and not is_last:
            with self._loss.no_sync():  # type: ignore[operator]
                yield
        else:
            yield

    def clip_gradients(self, max_norm: float) -> float:
        """Scale all gradients so that their common norm, over all shards, is at most `max_norm`; returns the norm."""
        parameters = list(self.decoder.parameters())
        norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        if self.mode == "fsdp":
            norm = norm.full_tensor()  # type: ignore[attr-defined]
        torch.nn.utils.clip_grads_with_norm_(parameters, max_norm, norm)
        return norm.item()

    @contextmanager
    def whole(self) -> Iterator[Decoder]:
        """The decoder with whole weights, for measuring: under FSDP2 a copy that goes when the block ends."""
        if self.mode != "fsdp":
            yield self.decoder
            return
        weights = {name: shard.full_tensor() for name, shard in self.decoder.state_dict().items()}
        with torch.device("meta"):
            copy = Decoder(self.decoder.preset, self.decoder.embedding.num_embeddings, self.decoder.compute)
        copy.load_state_dict(weights, assign=True)
        for name, buffer in self.decoder.named_buffers():
            parent, _, leaf = name.rpartition(".")
            setattr(copy.get_submodule(parent), leaf, buffer)
        yield copy


class _TokenLoss(nn.Module):
    """From token ids to the loss, as one module: DDP and FSDP2 need to see both uses of the embedding."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(
        self, input_ids: Tensor, documents: Tensor | None, positions: Tensor | None, tokens: Tensor
    ) -> tuple[Tensor, Tensor]:
        hidden = self.decoder.hidden(input_ids, documents, positions).flatten(0, 1).index_select(0, tokens)
        return next_token_loss(
            hidden, self.decoder.embedding.weight, input_ids.flatten()[tokens + 1], self.decoder.compute.loss
        )


def _shard(outermost: nn.Module, decoder: Decoder, ranks: Ranks) -> None:
    """FSDP2: one group a block, and one of embedding and last norm."""
    from torch.distributed.device_mesh import init_device_mesh  # slow to import, needed here only
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(ranks.device.type, (ranks.world,))
    for block in decoder.blocks:
        fully_shard(block, mesh=mesh)
    fully_shard(outermost, mesh=mesh)


def choose_mode(asked: str, preset: Preset, vocabulary_size: int, ranks: Ranks) -> Mode:
    """What `asked` (auto, none, ddp or fsdp) means here; SettingError for what cannot be."""
    if asked not in MODES:
        raise SettingError(f"parallel {asked!r} is unknown; choose one of {', '.join(MODES)}")
    if asked == "auto":
        if ranks.world == 1:
            return "none"
        parameters = preset.non_embedding_parameters + vocabulary_size * preset.width
        return "fsdp" if parameters >= SHARDED_FROM_PARAMETERS else "ddp"
    if asked == "none" and ranks.world > 1:
        raise SettingError(f"{ranks.world} processes cannot train without ddp or fsdp: choose one, or auto")
    if asked != "none" and ranks.world == 1:
        raise SettingError(f"{asked} needs several processes: start them with torchrun --nproc-per-node N")
    return cast(Mode, asked)

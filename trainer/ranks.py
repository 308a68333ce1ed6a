"""The processes of a run, one a device: which this one is, and what they tell each other.

`torchrun` starts them and says who is who in the environment (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT).
Objects travel by gloo, gradients by gloo on the CPU and NCCL on CUDA.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import torch
import torch.distributed as dist

from trainer.errors import RankFailedError, SettingError

T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """This process among `world`; by default the only one."""

    rank: int = 0
    world: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and reports."""
        return self.rank == 0

    def gather(self, value: T) -> list[T]:
        """What every rank calls this with, in their order; all must call."""
        if self.world == 1:
            return [value]
        gathered: list[T | None] = [None] * self.world
        dist.all_gather_object(gathered, value)
        return gathered  # type: ignore[return-value]

    def agree(self, make: Callable[[], T]) -> T:
        """The result of `make` here, once it succeeded on all ranks; where it failed on one, all raise.

        The first rank that failed raises its own error, the others RankFailedError with its message.
        """
        if self.world == 1:
            return make()
        result, failure = None, None
        try:
            result = make()
        except Exception as error:  # told to the others, then raised
            failure = error
        told = self.gather(None if failure is None else f"{type(failure).__name__}: {failure}")
        for rank, message in enumerate(told):
            if message is None:
                continue
            if rank == self.rank and failure is not None:
                raise failure
            raise RankFailedError(f"rank {rank} failed with {message}") from failure
        return result  # type: ignore[return-value]

    def first_does(self, make: Callable[[], object]) -> None:
        """Let the first rank do it while the others wait; its failure is everyone's."""
        self.agree(make if self.is_first else lambda: None)


@contextmanager
def started(device: str) -> Iterator[Ranks]:
    """The ranks that the environment names, or one; a process group that exists is used as it is.

    `device` is auto, cpu or cuda. The group is closed at the end, but not after an error: others may wait in it, and
    the end of this process is what tells them.
    """
    chosen = choose_device(device, int(os.environ.get("LOCAL_RANK", "0")))
    if dist.is_available() and dist.is_initialized():
        yield Ranks(dist.get_rank(), dist.get_world_size(), chosen)
        return
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Ranks(device=chosen)
        return
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise SettingError(f"WORLD_SIZE is set, but {', '.join(missing)} is not: start several processes with torchrun")
    _meet("cpu:gloo,cuda:nccl" if chosen.type == "cuda" else "gloo")
    yield Ranks(dist.get_rank(), dist.get_world_size(), chosen)
    dist.destroy_process_group()


def _meet(backend: str) -> None:
    """Make the process group that the environment describes.

    When torchrun starts ranks again they find the store of the first start, with addresses of ranks that are gone: so
    each start has its own names in it.
    """
    store, rank, world = next(dist.rendezvous("env://"))  # type: ignore[attr-defined]
    number = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    start = dist.PrefixStore(f"start-{number}", store)  # type: ignore[attr-defined]
    dist.init_process_group(backend, store=start, rank=rank, world_size=world)


def choose_device(device: str, local_rank: int = 0) -> torch.device:
    """The device called `device`, of CUDA's the one of this rank; SettingError when there is none."""
    if device not in ("auto", "cpu", "cuda"):
        raise SettingError(f"device {device!r} is unknown; choose auto, cpu or cuda")
    if device == "cpu" or (device == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise SettingError("device cuda is asked, but torch finds none here; choose cpu or auto")
    if local_rank >= torch.cuda.device_count():
        raise SettingError(f"rank {local_rank} of this machine has no GPU, there are {torch.cuda.device_count()}")
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)

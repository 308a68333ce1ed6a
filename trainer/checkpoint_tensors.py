"""A checkpoint's tensors, by torch.distributed.checkpoint: each rank writes its shards, any number of ranks reads them.

Its index is a pickle, which could run code when it is read. So here only the classes that such an index consists of
are allowed in it, and nothing but tensors is kept in these files.
"""

import pickle
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter
from torch.distributed.checkpoint.metadata import Metadata, StorageMeta, TensorStorageMetadata
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from trainer.errors import CheckpointMismatchError
from trainer.model import Decoder
from trainer.optimizer import fill_state
from trainer.ranks import Ranks

MODEL, OPTIMIZER = "model.", "optimizer."
INDEX_CLASSES = {
    "torch.distributed.checkpoint.metadata": {
        "ChunkStorageMetadata",
        "Metadata",
        "MetadataIndex",
        "StorageMeta",
        "TensorProperties",
        "TensorStorageMetadata",
        "_MEM_FORMAT_ENCODING",
    },
    "torch.distributed.checkpoint.filesystem": {"_StorageInfo"},
    "torch.serialization": {"_get_layout"},
    "torch": {"Size", "float32", "bfloat16", "float16", "float64", "int64"},
    "pathlib": {"PosixPath"},
}


def write_tensors(folder: Path, model: Decoder, optimizer: torch.optim.AdamW, ranks: Ranks) -> None:
    """Write this rank's part of the model and the optimizer's state; all ranks call it. The files are flushed to disk.

    What is whole on every rank is written once.
    """
    with _plain():
        save(
            _model_tensors(model) | _optimizer_tensors(model, optimizer),
            storage_writer=FileSystemWriter(folder, sync_files=True),
            no_dist=ranks.world == 1,
        )


def restore_tensors(path: Path, model: Decoder, optimizer: torch.optim.AdamW | None, ranks: Ranks) -> None:
    """Read the checkpoint at `path` into the model and, unless None, the optimizer; all ranks call it."""
    tensors = _model_tensors(model)
    if optimizer is not None:
        fill_state(optimizer)
        tensors |= _optimizer_tensors(model, optimizer)
    with _plain():
        load(tensors, storage_reader=_Reader(path), no_dist=ranks.world == 1)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The model's tensors, whole, on the CPU, by this process alone."""
    reader = _Reader(path)
    saved = reader.read_metadata().state_dict_metadata
    tensors = {
        name: torch.empty(size.size, dtype=size.properties.dtype)
        for name, size in saved.items()
        if name.startswith(MODEL) and isinstance(size, TensorStorageMetadata)
    }
    with _plain():
        load(tensors, storage_reader=reader, no_dist=True)
    return {name.removeprefix(MODEL): tensor for name, tensor in tensors.items()}


def _model_tensors(model: Decoder) -> dict[str, Any]:
    return {f"{MODEL}{name}": tensor for name, tensor in model.state_dict().items()}


def _optimizer_tensors(model: Decoder, optimizer: torch.optim.AdamW) -> dict[str, Any]:
    return {
        f"{OPTIMIZER}{name}.{key}": tensor
        for name, parameter in model.named_parameters()
        for key, tensor in optimizer.state[parameter].items()
    }


class _Reader(FileSystemReader):
    """Reads an index without running what it may hold."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))

    def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
        if args or kwargs:
            raise ValueError("an index of one rank alone is not written here")
        path = Path(self.path) / ".metadata"
        with path.open("rb") as file:
            metadata = _Unpickler(file).load()
        if not isinstance(metadata, Metadata) or not all(
            isinstance(each, TensorStorageMetadata) for each in metadata.state_dict_metadata.values()
        ):
            raise CheckpointMismatchError(f"{path} is no index of tensors")
        metadata.storage_meta = metadata.storage_meta or StorageMeta()
        metadata.storage_meta.load_id = self.load_id
        return metadata


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name not in INDEX_CLASSES.get(module, ()):
            raise CheckpointMismatchError(f"a checkpoint's index asks for {module}.{name}: it was tampered with")
        return super().find_class(module, name)


@contextmanager
def _plain() -> Iterator[None]:
    """No warning that one process saves alone, which it is meant to; and a failure as what it was, such as OSError."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled, unavailable or uninitialized")
        try:
            yield
        except CheckpointException as error:  # a BaseException with the errors of all ranks
            raise next(iter(error.failures.values()))[0] from error

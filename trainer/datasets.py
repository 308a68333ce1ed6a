"""A mixture for other people's training loops: rows by number, and batches in order with a state of one integer."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from mixer.manifest import read_manifest
from trainer.documents import document_layout, tokens_with_target
from trainer.loader import check_share, row_of_state
from trainer.shard_rows import Rows, ShardRows

IGNORED = -100  # the label that PyTorch's cross-entropy and Hugging Face's models leave out

Batch = dict[str, Tensor]


class MixtureRows(Dataset[Batch]):
    """The rows of the mixture at `manifest_uri` by number, for samplers of others; row order is the training order.

    An item has int64 tensors [sequence length]: `input_ids`, `labels` (the same ids, not shifted; -100 where padding
    or, with `inside_documents`, a document's first token would be predicted), `position_ids` from each document's
    start, and `document_ids`, equal within a document of the row.
    """

    def __init__(self, manifest_uri: str, *, inside_documents: bool = False) -> None:
        self._uri, self._inside = manifest_uri, inside_documents
        self._count = read_manifest(manifest_uri).rows
        self._shards: ShardRows | None = None  # opened where it is read: a worker has its own

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> Batch:
        return self.__getitems__([row])[0]

    def __getitems__(self, rows: Sequence[int]) -> list[Batch]:
        """Several rows at once, which PyTorch's DataLoader asks for; one read of what they share."""
        if self._shards is None:
            self._shards = ShardRows(self._uri)
        batch = as_batch(self._shards.read(rows), inside_documents=self._inside)
        return [{name: values[at] for name, values in batch.items()} for at in range(len(rows))]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_shards": None}


class MixtureBatches(IterableDataset[Batch]):
    """This rank's part of every global batch of the mixture at `manifest_uri`, in training order.

    `batch_rows` is the global batch, a multiple of `world`; items are as MixtureRows', stacked. Its state is one
    integer, the next global row, whatever the ranks, the workers or the batch: `{"next_row": steps * batch_rows}`
    resumes a run anywhere. Give it to a DataLoader with `batch_size=None`; several workers take batches in turn, and
    the DataLoader hands them out in order. A last global batch that would not be full is not given out.
    """

    def __init__(
        self, manifest_uri: str, batch_rows: int, rank: int = 0, world: int = 1, *, inside_documents: bool = False
    ) -> None:
        check_share(batch_rows, rank, world)
        self._uri, self._inside = manifest_uri, inside_documents
        self._batch_rows, self._rank, self._world = batch_rows, rank, world
        self._count = read_manifest(manifest_uri).rows
        self._next_row = 0

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        skipped, workers = (worker.id, worker.num_workers) if worker is not None else (0, 1)
        shards = ShardRows(self._uri)
        try:
            first_row = self._next_row + skipped * self._batch_rows
            while first_row + self._batch_rows <= self._count:
                rows = range(first_row + self._rank, first_row + self._batch_rows, self._world)
                batch = as_batch(shards.read(rows), inside_documents=self._inside)
                first_row += workers * self._batch_rows
                # Less the worker's own place among the workers, which `iter` adds again.
                self._next_row = first_row - skipped * self._batch_rows
                yield batch
        finally:
            shards.close()

    def state_dict(self) -> dict[str, int]:
        """Where it stands: batches handed out, and not those read ahead, where no workers are used."""
        return {"next_row": self._next_row}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from a state; the next `iter` starts there."""
        self._next_row = row_of_state(state, self._count)


def as_batch(rows: Rows, *, inside_documents: bool) -> Batch:
    """Rows as tensors; see MixtureRows."""
    length = rows.input_ids.shape[1]
    documents, positions = document_layout(rows.doc_starts, length)
    has_target = tokens_with_target(rows.n_tokens, rows.doc_starts, length, inside_documents=inside_documents)
    input_ids = torch.from_numpy(rows.input_ids)
    labels = torch.full_like(input_ids, IGNORED)
    predicted = torch.from_numpy(has_target[:, :-1])
    labels[:, 1:][predicted] = input_ids[:, 1:][predicted]
    return {
        "input_ids": input_ids,
        "labels": labels,
        "position_ids": torch.from_numpy(positions),
        "document_ids": torch.from_numpy(documents),
    }

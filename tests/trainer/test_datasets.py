"""What other people's training loops get from a mixture."""

from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, SequentialSampler

from trainer.datasets import IGNORED, MixtureBatches, MixtureRows
from trainer.errors import SettingError
from trainer.loader import TrainingLoader

ROWS = 61


def straight(uri: str) -> torch.Tensor:
    with TrainingLoader(uri, 1) as loader:
        return torch.cat([torch.from_numpy(batch.input_ids) for batch in loader])


@pytest.mark.parametrize("workers", [0, 2])
def test_rows_by_number_come_in_training_order(mixture: str, workers: int) -> None:
    rows = MixtureRows(mixture)
    loader = DataLoader(rows, batch_size=7, sampler=SequentialSampler(rows), num_workers=workers)
    torch.testing.assert_close(torch.cat([batch["input_ids"] for batch in loader]), straight(mixture))


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_batches_come_in_order_whatever_the_workers(mixture: str, workers: int) -> None:
    batches = DataLoader(MixtureBatches(mixture, 4), batch_size=None, num_workers=workers)
    torch.testing.assert_close(torch.cat([batch["input_ids"] for batch in batches]), straight(mixture)[: ROWS // 4 * 4])


def test_ranks_share_each_global_batch(mixture: str) -> None:
    ranks = [list(MixtureBatches(mixture, 6, rank, 3)) for rank in range(3)]
    together = [
        torch.stack([part["input_ids"] for part in parts], 1).flatten(0, 1) for parts in zip(*ranks, strict=True)
    ]
    torch.testing.assert_close(torch.cat(together), straight(mixture)[: ROWS // 6 * 6])


def test_the_state_is_one_integer_and_fits_other_batches(mixture: str) -> None:
    first = MixtureBatches(mixture, 8)
    iterator = iter(first)
    fed = [next(iterator)["input_ids"] for _ in range(2)]
    assert first.state_dict() == {"next_row": 16}
    other = MixtureBatches(mixture, 5)
    other.load_state_dict(first.state_dict())
    fed += [batch["input_ids"] for batch in other]
    torch.testing.assert_close(torch.cat(fed), straight(mixture)[:61])
    with pytest.raises(SettingError, match="outside the mixture's 61 rows"):
        other.load_state_dict({"next_row": 62})


@pytest.mark.filterwarnings("ignore:'set_vital' is deprecated")  # torchdata's call, of every loader it makes
@pytest.mark.parametrize("workers", [0, 2])
def test_torchdatas_stateful_loader_goes_on_where_it_stopped(mixture: str, workers: int) -> None:
    stateful = pytest.importorskip("torchdata.stateful_dataloader")

    def make() -> Any:
        return stateful.StatefulDataLoader(MixtureBatches(mixture, 4), batch_size=None, num_workers=workers)

    loader = make()
    iterator = iter(loader)
    fed = [next(iterator)["input_ids"] for _ in range(5)]
    state = loader.state_dict()
    again = make()
    again.load_state_dict(state)
    fed += [batch["input_ids"] for batch in again]
    torch.testing.assert_close(torch.cat(fed), straight(mixture)[: ROWS // 4 * 4])


def test_labels_leave_out_padding_and_where_asked_first_tokens(padded_mixture: str) -> None:
    across, inside = MixtureRows(padded_mixture)[3], MixtureRows(padded_mixture, inside_documents=True)[3]
    with TrainingLoader(padded_mixture, 1) as loader:
        loader.load_state_dict({"next_row": 3})
        row = next(loader)
    n_tokens, starts = int(row.n_tokens[0]), row.doc_starts[0].tolist()
    assert (across["labels"][n_tokens:] == IGNORED).all()
    assert across["labels"][0] == IGNORED
    torch.testing.assert_close(across["labels"][1:n_tokens], across["input_ids"][1:n_tokens])
    expected = across["labels"].clone()
    expected[starts] = IGNORED
    torch.testing.assert_close(inside["labels"], expected)
    assert (inside["position_ids"][starts] == 0).all()

"""One step: padding changes nothing, and staying inside documents is the same as running each one alone."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from trainer.documents import tokens_with_target
from trainer.errors import SettingError
from trainer.model import Decoder
from trainer.optimizer import GRADIENT_CLIP_NORM, make_optimizer
from trainer.presets import find_preset
from trainer.shard_rows import Rows
from trainer.step import StepOutcome, train_step

VOCABULARY = 300
LENGTH = 24


def make_model() -> Decoder:
    torch.manual_seed(5)
    return Decoder(find_preset("tiny"), VOCABULARY)


def make_rows(n_tokens: list[int], doc_starts: list[list[int]], *, length: int = LENGTH, padding: int = 0) -> Rows:
    """Rows of random tokens and padding; the first is of the source a, the second of b, ..."""
    ids = np.random.default_rng(9).integers(1, VOCABULARY, (len(n_tokens), LENGTH))[:, :length]
    ids = np.where(np.arange(length) < np.array(n_tokens)[:, None], ids, padding)
    starts = [np.array(row, dtype=np.int32) for row in doc_starts]
    return Rows(np.arange(len(ids)), ids, np.array(n_tokens), starts, [chr(ord("a") + row) for row in range(len(ids))])


def step(rows: Rows, *, micro_batch_rows: int = 8, stay: bool = False) -> tuple[StepOutcome, list[Tensor]]:
    """What one step reports, and the (clipped) gradients it used."""
    model = make_model()
    outcome = train_step(
        model,
        make_optimizer(model),
        rows,
        1e-3,
        micro_batch_rows=micro_batch_rows,
        within_documents=True,
        stay_inside_documents=stay,
    )
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert len(gradients) == len(list(model.parameters()))
    return outcome, gradients


def assert_same(one: tuple[StepOutcome, list[Tensor]], other: tuple[StepOutcome, list[Tensor]]) -> None:
    """Equal but for the order of float32 sums."""
    assert one[0].loss == pytest.approx(other[0].loss, rel=1e-6)
    assert one[0].source_loss == pytest.approx(other[0].source_loss, rel=1e-6)
    assert one[0].gradient_norm == pytest.approx(other[0].gradient_norm, rel=1e-5)
    for mine, theirs in zip(one[1], other[1], strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("stay", [False, True])
def test_a_padded_row_is_the_shorter_row(stay: bool) -> None:
    starts = [[0, 9], [4]]
    padded = step(make_rows([17, 17], starts), stay=stay)
    assert_same(padded, step(make_rows([17, 17], starts, length=17), stay=stay))
    whole = step(make_rows([LENGTH, LENGTH], starts), stay=stay)
    assert padded[0].loss != pytest.approx(whole[0].loss, rel=1e-4)


def test_what_the_padding_holds_changes_no_bit() -> None:
    one = step(make_rows([17, 20], [[0, 9], []], padding=0))
    other = step(make_rows([17, 20], [[0, 9], []], padding=7))
    assert one[0] == other[0]
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(one[1], other[1], strict=True))


def run_alone(rows: Rows) -> tuple[StepOutcome, list[Tensor]]:
    """The same outcome with every piece of a document as a sequence of its own, through torch's cross-entropy."""
    model = make_model()
    losses: dict[str, list[Tensor]] = {}
    for row, source in enumerate(rows.sources):
        edges = sorted({0, *rows.doc_starts[row].tolist(), int(rows.n_tokens[row])})
        for begin, end in pairwise(edges):
            ids = torch.from_numpy(rows.input_ids[row, begin:end])
            logits = model(ids[None])[0, :-1]
            losses.setdefault(source, []).append(F.cross_entropy(logits, ids[1:], reduction="none"))
    by_source = {source: torch.cat(each) for source, each in losses.items()}
    mean = torch.cat(list(by_source.values())).mean()
    mean.backward()  # type: ignore[no-untyped-call]
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_CLIP_NORM).item()
    means = {source: each.mean().item() for source, each in by_source.items() if len(each)}
    return StepOutcome(mean.item(), means, norm), [p.grad for p in model.parameters() if p.grad is not None]


@pytest.mark.parametrize("micro_batch_rows", [1, 2, 4])
def test_staying_inside_documents_is_running_each_alone(micro_batch_rows: int) -> None:
    rows = make_rows([LENGTH, 19, 5, 3], [[0, 7, 8, 20], [11], [], [0, 1, 2]])  # d: three documents of one token
    inside = step(rows, micro_batch_rows=micro_batch_rows, stay=True)
    assert set(inside[0].source_loss) == {"a", "b", "c"}
    assert_same(inside, run_alone(rows))
    across = step(rows, micro_batch_rows=micro_batch_rows)
    assert across[0].source_loss["c"] == pytest.approx(inside[0].source_loss["c"], rel=1e-6)  # has no boundary
    assert across[0].loss != pytest.approx(inside[0].loss, rel=1e-4)


def test_micro_batches_weigh_every_token_equally() -> None:
    rows = make_rows([LENGTH, 2, 1, 13, 9], [[0], [0], [0], [], [3]])
    assert_same(step(rows, micro_batch_rows=2), step(rows))


def test_nothing_to_predict_is_refused_and_changes_nothing() -> None:
    model = make_model()
    before = [parameter.clone() for parameter in model.parameters()]
    with pytest.raises(SettingError, match=r"rows 0\.\.1 hold nothing to predict.*larger batch"):
        train_step(
            model,
            make_optimizer(model),
            make_rows([1, 1], [[0], []]),
            1e-3,
            micro_batch_rows=2,
            within_documents=True,
            stay_inside_documents=False,
        )
    assert all(torch.equal(one, other) for one, other in zip(before, model.parameters(), strict=True))


@settings(max_examples=40)
@given(
    starts=st.lists(st.lists(st.integers(0, 11), unique=True).map(sorted), min_size=1, max_size=3),
    n_tokens=st.integers(1, 12),
    inside=st.booleans(),
)
def test_targets_agree_with_a_walk(starts: list[list[int]], n_tokens: int, inside: bool) -> None:
    arrays = [np.array(row, dtype=np.int32) for row in starts]
    found = tokens_with_target(np.full(len(starts), n_tokens), arrays, 12, inside_documents=inside)
    for row, row_starts in enumerate(starts):
        for column in range(12):
            following = column + 1
            assert found[row, column] == (following < n_tokens and not (inside and following in row_starts))

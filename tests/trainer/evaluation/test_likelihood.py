"""Scores of continuations are those of a loop over single texts."""

import copy

import pytest
import torch

from tests.trainer.models import random_model
from trainer.evaluation.likelihood import Continued, log_likelihoods
from trainer.model import Decoder
from trainer.presets import Preset

LENGTH, END_OF_TEXT = 24, 0


@pytest.fixture(scope="module")
def model() -> Decoder:
    return random_model(2, Preset("test", 2, 32, 4, 40, 0.0), vocabulary_size=120)


@torch.no_grad()
def one_by_one(model: Decoder, text: Continued) -> float:
    ids = (text.context or [END_OF_TEXT]) + text.continuation
    ids = ids[-LENGTH:]
    logits = model(torch.tensor([ids]))[0].double().log_softmax(-1)
    scored = min(len(text.continuation), len(ids) - 1)
    return float(sum(logits[at - 1, ids[at]] for at in range(len(ids) - scored, len(ids))))


@pytest.mark.parametrize("batch_tokens", [1, 60, 4096])
def test_every_score_is_that_of_the_text_alone(model: Decoder, batch_tokens: int) -> None:
    generator = torch.Generator().manual_seed(1)

    def ids(count: int) -> list[int]:
        return torch.randint(1, 120, (count,), generator=generator).tolist()

    lengths = [(3, 1), (0, 4), (10, 5), (30, 3), (2, 40), (7, 7), (23, 1), (1, 1)]
    texts = [Continued(ids(context), ids(after)) for context, after in lengths]
    scores = log_likelihoods(model, texts, END_OF_TEXT, LENGTH, batch_tokens)
    assert scores == pytest.approx([one_by_one(model, text) for text in texts], rel=1e-4)


def test_a_continuation_without_tokens_is_refused(model: Decoder) -> None:
    with pytest.raises(ValueError, match="without tokens"):
        log_likelihoods(model, [Continued([1], [])], END_OF_TEXT, LENGTH)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_scores_as_the_cpu_does(model: Decoder) -> None:
    texts = [Continued([5, 6, 7], [8, 9]), Continued([], [3, 4, 5]), Continued([1] * 30, [2])]
    expected = log_likelihoods(model, texts, END_OF_TEXT, LENGTH)
    on_gpu = log_likelihoods(copy.deepcopy(model).to("cuda"), texts, END_OF_TEXT, LENGTH)
    assert on_gpu == pytest.approx(expected, rel=1e-3)

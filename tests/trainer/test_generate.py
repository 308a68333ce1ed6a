"""Generation with a cache is generation without one; seeds decide, batches do not."""

import copy

import pytest
import torch

from trainer.cached_decoder import CachedDecoder
from trainer.errors import SettingError
from trainer.generate import Sampling, generate
from trainer.model import Decoder
from trainer.presets import Preset

VOCABULARY, END_OF_TEXT, LENGTH = 90, 0, 64
PROMPTS = [[5, 6, 7], [9], [], [11, 12, 13, 14, 15, 16, 17, 18], [3, 3, 3, 3, 3]]


@pytest.fixture(scope="module")
def model() -> Decoder:
    """Random weights, large enough that the likeliest token depends on all before it."""
    torch.manual_seed(1)
    made = Decoder(Preset("test", layers=2, width=32, heads=4, inner=48, learning_rate=0.0), VOCABULARY).eval()
    with torch.no_grad():
        made.embedding.weight.mul_(20)
    return made


@torch.no_grad()
def greedy_without_cache(model: Decoder, prompt: list[int], tokens: int) -> list[int]:
    ids = list(prompt) or [END_OF_TEXT]
    made: list[int] = []
    while len(made) < tokens:
        token = int(model(torch.tensor([ids]))[0, -1].argmax())
        if token == END_OF_TEXT:
            break
        made.append(token)
        ids.append(token)
    return made


def test_hidden_states_read_in_pieces_are_those_read_at_once(model: Decoder) -> None:
    ids = torch.randint(1, VOCABULARY, (2, 20), generator=torch.Generator().manual_seed(3))
    padded = torch.cat((torch.tensor([[0, 0, 0]]), ids[1:, :17]), dim=1)  # three columns of padding on the left
    cached = CachedDecoder(model, torch.tensor([0, 3]), 20)
    batch = torch.cat((ids[:1], padded))
    with torch.no_grad():
        whole, short = model.hidden(ids[:1])[0], model.hidden(ids[1:, :17])[0]
    for start, end in ((0, 6), (6, 7), (7, 8), (8, 19), (19, 20)):
        hidden = cached.read(batch[:, start:end])
        torch.testing.assert_close(hidden[0], whole[end - 1], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(hidden[1], short[end - 4], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("batch_rows", [1, 2, 5])
def test_greedy_is_the_likeliest_token_of_the_whole_model(model: Decoder, batch_rows: int) -> None:
    made = generate(model, PROMPTS, END_OF_TEXT, LENGTH, Sampling(max_tokens=12), batch_rows=batch_rows)
    assert made == [greedy_without_cache(model, prompt, 12) for prompt in PROMPTS]
    assert len({tuple(ids) for ids in made}) > 1


def test_the_seed_decides_and_the_batch_does_not(model: Decoder) -> None:
    sampling = Sampling(max_tokens=10, temperature=1.5, top_p=0.95, seed=4)
    alone, together = (generate(model, PROMPTS, END_OF_TEXT, LENGTH, sampling, batch_rows=rows) for rows in (1, 5))
    assert alone == together
    other = generate(model, PROMPTS, END_OF_TEXT, LENGTH, Sampling(10, 1.5, 0.95, seed=5))
    assert other != alone


def test_equal_prompts_draw_apart(model: Decoder) -> None:
    made = generate(model, [[5, 6], [5, 6]], END_OF_TEXT, LENGTH, Sampling(max_tokens=20, temperature=1.5))
    assert made[0] != made[1]


def test_a_small_top_p_is_greedy(model: Decoder) -> None:
    greedy, nearly = (
        generate(model, PROMPTS, END_OF_TEXT, LENGTH, sampling)
        for sampling in (Sampling(max_tokens=8), Sampling(max_tokens=8, temperature=1.0, top_p=1e-6))
    )
    assert greedy == nearly


def test_a_continuation_ends_at_end_of_text(model: Decoder) -> None:
    whole = generate(model, [[5, 6, 7]], END_OF_TEXT, LENGTH, Sampling(max_tokens=12))[0]
    stop = whole[4]
    ended = generate(model, [[5, 6, 7]], stop, LENGTH, Sampling(max_tokens=12))[0]
    assert ended == whole[: whole.index(stop)]


def test_a_continuation_ends_where_no_more_is_needed(model: Decoder) -> None:
    whole = generate(model, PROMPTS, END_OF_TEXT, LENGTH, Sampling(max_tokens=12))
    ended = generate(model, PROMPTS, END_OF_TEXT, LENGTH, Sampling(max_tokens=12), finished=lambda ids: len(ids) >= 3)
    assert ended == [ids[:3] for ids in whole]


def test_of_a_long_prompt_the_end_is_read(model: Decoder) -> None:
    prompt = [1 + number % 80 for number in range(200)]
    made = generate(model, [prompt], END_OF_TEXT, LENGTH, Sampling(max_tokens=4))
    assert made == [greedy_without_cache(model, prompt[-(LENGTH - 4) :], 4)]


def test_more_tokens_than_a_row_has_are_refused(model: Decoder) -> None:
    with pytest.raises(SettingError, match="rows have 64"):
        generate(model, [[1]], END_OF_TEXT, LENGTH, Sampling(max_tokens=64))
    with pytest.raises(SettingError, match="top_p"):
        Sampling(top_p=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_writes_what_the_cpu_writes(model: Decoder) -> None:
    expected = generate(model, PROMPTS, END_OF_TEXT, LENGTH, Sampling(max_tokens=12))
    on_gpu = copy.deepcopy(model).to("cuda")
    assert generate(on_gpu, PROMPTS, END_OF_TEXT, LENGTH, Sampling(max_tokens=12)) == expected
    sampling = Sampling(max_tokens=5, temperature=1.0, seed=2)
    assert generate(on_gpu, PROMPTS, END_OF_TEXT, LENGTH, sampling) == generate(
        model, PROMPTS, END_OF_TEXT, LENGTH, sampling
    )

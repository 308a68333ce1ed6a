"""Continuations of prompts, batched, with a cache, the same for the same seed.

A prompt is read as the beginning of a document: nothing stands before it, as in training that keeps attention inside
documents. Where it is longer than the model's rows leave room for, its beginning is cut off.

Each prompt draws from its own random numbers (the seed, and the prompt's name or number), so what others are in its
batch changes nothing but the last digits of its logits.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.cached_decoder import CachedDecoder
from trainer.errors import SettingError
from trainer.model import Decoder

Finished = Callable[[list[int]], bool]  # whether a continuation's ids need no more


@dataclass(frozen=True)
class Sampling:
    """How a token is chosen from the logits."""

    max_tokens: int = 256
    temperature: float = 0.0  # 0: the likeliest token, the lowest id among equals
    top_p: float = 1.0  # of the likeliest tokens that together have this probability (Holtzman et al. 2020)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or self.temperature < 0 or not 0 < self.top_p <= 1:
            raise SettingError(f"{self}: max_tokens >= 1, temperature >= 0 and 0 < top_p <= 1 are possible")


def generate(
    model: Decoder,
    prompts: Sequence[Sequence[int]],
    end_of_text_id: int,
    sequence_length: int,
    sampling: Sampling,
    *,
    batch_rows: int = 16,
    finished: Finished | None = None,
    names: Sequence[str] | None = None,
) -> list[list[int]]:
    """The ids that follow each prompt, end-of-text left out; an empty prompt is read as end-of-text.

    A continuation ends at end-of-text, after `max_tokens`, or when `finished` says so of the ids so far. `names`, by
    default the prompts' numbers, choose each prompt's random numbers.
    """
    if sampling.max_tokens >= sequence_length:
        raise SettingError(
            f"{sampling.max_tokens} tokens are asked, the model's rows have {sequence_length}, prompt included: "
            "ask for fewer"
        )
    room = sequence_length - sampling.max_tokens
    read = [list(prompt)[-room:] or [end_of_text_id] for prompt in prompts]
    called = [str(number) for number in range(len(read))] if names is None else names
    results: list[list[int]] = [[] for _ in prompts]
    # Prompts of like length share a batch: little padding. The longest come first, so memory is short at once or never.
    order = sorted(range(len(read)), key=lambda number: (-len(read[number]), number))
    for start in range(0, len(order), batch_rows):
        batch = order[start : start + batch_rows]
        generators = [_generator(sampling.seed, called[number]) for number in batch]
        made = _continue_batch(
            model, [read[number] for number in batch], generators, end_of_text_id, sampling, finished
        )
        for number, ids in zip(batch, made, strict=True):
            results[number] = ids
    return results


def _continue_batch(
    model: Decoder,
    prompts: list[list[int]],
    generators: list[torch.Generator],
    end_of_text_id: int,
    sampling: Sampling,
    finished: Finished | None,
) -> list[list[int]]:
    device = model.embedding.weight.device
    longest = max(map(len, prompts))
    padding = [longest - len(prompt) for prompt in prompts]
    decoder = CachedDecoder(model, torch.tensor(padding, device=device), longest + sampling.max_tokens)
    ids = torch.tensor([[0] * pad + prompt for pad, prompt in zip(padding, prompts, strict=True)], device=device)
    results: list[list[int]] = [[] for _ in prompts]
    rows = list(range(len(prompts)))  # those that go on
    for _ in range(sampling.max_tokens):
        logits = F.linear(decoder.read(ids), model.embedding.weight).float()
        tokens = _choose(logits, sampling, [generators[row] for row in rows])
        going = []
        for at, (row, token) in enumerate(zip(rows, tokens, strict=True)):
            if token == end_of_text_id:
                continue
            results[row].append(token)
            if finished is None or not finished(results[row]):
                going.append(at)
        if not going:
            break
        if len(going) < len(rows):
            decoder.keep_rows(torch.tensor(going, device=device))
        rows = [rows[at] for at in going]
        ids = torch.tensor([[tokens[at]] for at in going], device=device)
    return results


def _choose(logits: Tensor, sampling: Sampling, generators: Sequence[torch.Generator]) -> list[int]:
    """A token for each row of float32 [rows, vocabulary]."""
    if sampling.temperature == 0:
        return [int(token) for token in logits.argmax(dim=-1)]
    chosen = []
    for row, generator in zip(logits.cpu(), generators, strict=True):  # a generator of the CPU: the same on any device
        probabilities, tokens = (row / sampling.temperature).softmax(dim=-1).sort(descending=True, stable=True)
        before = probabilities.cumsum(dim=-1) - probabilities
        kept = probabilities * (before < sampling.top_p)
        chosen.append(int(tokens[torch.multinomial(kept, 1, generator=generator)]))
    return chosen


def _generator(seed: int, name: str) -> torch.Generator:
    digest = hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "big") >> 1)

"""How likely a model finds one text after another, many at once."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from trainer.loss import next_token_nats
from trainer.model import Decoder


class Continued(NamedTuple):
    """A text and what follows it, as ids; the latter is scored."""

    context: list[int]
    continuation: list[int]


@torch.no_grad()
def log_likelihoods(
    model: Decoder, texts: Sequence[Continued], end_of_text_id: int, sequence_length: int, batch_tokens: int = 4096
) -> list[float]:
    """ln p of each continuation, summed over its tokens, in nats.

    An empty context is end-of-text. Of what is longer than `sequence_length` the beginning is left out; a continuation
    longer than that is scored on its end alone. Batches have at most `batch_tokens` tokens, or one text.
    """
    device = model.embedding.weight.device
    rows = [_row(text, end_of_text_id, sequence_length) for text in texts]
    scores = [0.0] * len(rows)
    for batch in _batches([len(ids) for ids, _ in rows], batch_tokens):
        longest = max(len(rows[number][0]) for number in batch)
        # Padding stands on the right, where attention to what was before never sees it.
        ids = torch.tensor(
            [rows[number][0] + [end_of_text_id] * (longest - len(rows[number][0])) for number in batch], device=device
        )
        hidden = model.hidden(ids)
        places = [
            at * longest + column
            for at, number in enumerate(batch)
            for column in range(len(rows[number][0]) - rows[number][1] - 1, len(rows[number][0]) - 1)
        ]
        tokens = torch.tensor(places, device=device)
        nats = next_token_nats(hidden.flatten(0, 1)[tokens], model.embedding.weight, ids.flatten()[tokens + 1]).cpu()
        for number, part in zip(batch, torch.split(nats, [rows[number][1] for number in batch]), strict=True):
            scores[number] = -float(part.double().sum())
    return scores


def _row(text: Continued, end_of_text_id: int, sequence_length: int) -> tuple[list[int], int]:
    """Ids that are read, and how many of the last ones are scored."""
    if not text.continuation:
        raise ValueError("a continuation without tokens has no likelihood")
    ids = ((text.context or [end_of_text_id]) + text.continuation)[-sequence_length:]
    return ids, min(len(text.continuation), len(ids) - 1)


def _batches(lengths: Sequence[int], batch_tokens: int) -> list[list[int]]:
    """Numbers of rows, like lengths together, the longest first."""
    batches: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lambda number: (-lengths[number], number)):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= batch_tokens:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches

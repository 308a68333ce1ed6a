"""Continuations as text: prompts in, what the model writes out, cut where it is to stop."""

from collections.abc import Sequence
from functools import partial

from mixer.tokens import Tokenizer
from trainer.checkpoint_reading import LoadedModel
from trainer.generate import Sampling, generate

TAIL_TOKENS = 24  # a stop is shorter in bytes, and no token has less than one


def write_on(
    loaded: LoadedModel,
    prompts: Sequence[str],
    sampling: Sampling,
    stops: Sequence[str] = (),
    names: Sequence[str] | None = None,
) -> list[str]:
    """What the model writes after each prompt, up to the first of `stops`; `names` as for `generate`."""
    text = loaded.tokenizer.text_tokenizer()
    made = generate(
        loaded.model,
        [text.encode_text(prompt) for prompt in prompts],
        text.end_of_text_id,
        loaded.sequence_length,
        sampling,
        finished=partial(_has_stop, text, tuple(stops)) if stops else None,
        names=names,
    )
    return [before_stop(text_of(text, ids), stops) for ids in made]


def text_of(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """The text of `ids`; special tokens, and ids that stand for nothing, are left out."""
    return tokenizer.decode([number for number in ids if tokenizer.text_bytes[number] > 0])


def before_stop(text: str, stops: Sequence[str]) -> str:
    """`text` up to where the first of `stops` begins."""
    return text[: min((at for stop in stops if (at := text.find(stop)) >= 0), default=len(text))]


def _has_stop(tokenizer: Tokenizer, stops: tuple[str, ...], ids: list[int]) -> bool:
    tail = text_of(tokenizer, ids[-TAIL_TOKENS:])
    return any(stop in tail for stop in stops)

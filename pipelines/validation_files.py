"""The mixture's validation files: one for every source of the recipe that has held-out documents."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from mixer import storage
from mixer.manifest import ValidationFile
from mixer.shards import TokenFormat
from mixer.tokens import tokenizer
from mixer.validation import ValidationFormat, validation_name, write_validation
from pipelines.block_sets import block_set
from pipelines.context import Context

LAYOUT = 1  # how documents become rows: raised when their bytes change


class ValidationTask(BaseModel):
    """One source's file."""

    source: str
    group: str
    held_out_uris: list[str]  # in the order of their documents' hashes
    max_tokens: int
    tokenizer: str
    sequence_length: int
    output_uri: str  # the mixture's folder


def validation_tasks(context: Context, folder: str) -> list[ValidationTask]:
    """What is to be written for the recipe's sources into `folder`; nothing for a source without held-out documents."""
    recipe = context.recipe
    if recipe.validation is None:
        return []
    return [
        ValidationTask(
            source=source.name,
            group=source.group_name(),
            held_out_uris=sorted(held_out),
            max_tokens=recipe.validation.max_tokens,
            tokenizer=recipe.tokenizer.name,
            sequence_length=recipe.sequence_length,
            output_uri=folder,
        )
        for source in recipe.sources
        if (held_out := block_set(context, source.name).held_out)
    ]


def validation_fingerprint(context: Context) -> dict[str, Any]:
    """What decides the validation files' bytes, for the mixture's fingerprint; empty when nothing is held out."""
    spec = context.recipe.validation
    if spec is None:
        return {}
    held_out = {
        source.name: sorted(block_set(context, source.name).held_out.values()) for source in context.recipe.sources
    }
    return {"validation": {"layout": LAYOUT, "max_tokens": spec.max_tokens, "held_out": held_out}}


def write_validation_task(task: ValidationTask) -> ValidationFile | None:
    """Write one source's file; None when no held-out document has text."""
    encoder = tokenizer(task.tokenizer)
    format_ = ValidationFormat(
        tokens=TokenFormat(encoder.info.id_type, encoder.end_of_text_id),
        sequence_length=task.sequence_length,
        token_bytes=encoder.text_bytes,
        special_ids=frozenset(encoder.special_tokens.values()),
    )
    uri = f"{task.output_uri}/{validation_name(task.source)}"
    documents = _documents(task.held_out_uris)
    return write_validation(uri, task.source, task.group, documents, task.max_tokens, format_)


def _documents(uris: Sequence[str]) -> Iterator[npt.NDArray[np.unsignedinteger]]:
    """Each held-out document's ids, greatest hash first.

    From the top, so that a source's first validation documents stay the same when a greater share is held out.
    """
    for uri in reversed(uris):
        tokens = storage.read_table(uri, ["tokens"]).column("tokens").combine_chunks()
        values, offsets = tokens.values.to_numpy(), tokens.offsets.to_numpy()
        for document in range(len(tokens) - 1, -1, -1):
            yield values[offsets[document] : offsets[document + 1]]


def missing_notes(context: Context, files: Sequence[ValidationFile]) -> list[str]:
    """A note for the sources that hold out no document, which nobody can measure a model on."""
    spec = context.recipe.validation
    if spec is None:
        return []
    found = {file.source for file in files}
    missing = [source.name for source in context.recipe.sources if source.name not in found]
    if not missing:
        return []
    return [f"validation: no document of {', '.join(missing)} is among the {spec.share:g} held out; raise `share`"]

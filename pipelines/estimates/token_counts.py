"""How many tokens documents will have in their blocks: marks, fill-in-the-middle and end-of-text included."""

import pyarrow as pa

from mixer.fim import fim_document, fim_key
from mixer.tokens import tokenizer
from pipelines.recipe import Recipe
from pipelines.recipe_keys.sources import SourceSpec

TEXT_COLUMNS = ("doc_id", "text", "marks", "path")


def token_counts(documents: pa.Table, recipe: Recipe, source: SourceSpec) -> list[int]:
    """Tokens of each row of `documents`, which are of `source` and have TEXT_COLUMNS."""
    encoder = tokenizer(recipe.tokenizer.name)
    columns = (documents.column(name).to_pylist() for name in TEXT_COLUMNS)
    counts = []
    for doc_id, text, mark_structs, path in zip(*columns, strict=True):
        marks = [(mark["at_bytes"], mark["token"]) for mark in mark_structs or ()]
        if source.fim is not None:
            text, marks = fim_document(text, marks, path, fim_key(recipe.salt, doc_id), source.fim)
        counts.append(len(encoder.encode_document(text, marks)))
    return counts

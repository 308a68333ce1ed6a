"""Sampled documents as files for reading: Markdown for people, JSON lines for programs, one file a source."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from mixer import storage
from pipelines.explaining.plain_text import plain, plain_lines
from pipelines.rule_listing.sample_lines import facts, failure_text
from pipelines.rule_listing.samples import SampledDocument


def write_samples(folder: str, source: str, documents: Sequence[SampledDocument], as_json: bool) -> str:
    """Write one source's documents into `folder`, whole or not at all; returns the file's uri."""
    uri = f"{folder.rstrip('/')}/{source}.{'jsonl' if as_json else 'md'}"
    lines = json_lines(documents) if as_json else markdown_lines(source, documents)
    storage.write_bytes(uri, "".join(f"{line}\n" for line in lines).encode())
    return uri


def json_lines(documents: Sequence[SampledDocument]) -> Iterator[str]:
    """An object a document, in ASCII."""
    return (json.dumps(asdict(document)) for document in documents)


def markdown_lines(source: str, documents: Sequence[SampledDocument]) -> Iterator[str]:
    """A heading a reason; nothing of a document is read as Markdown or HTML, for all of it is code."""
    yield f"# {source}"
    for chosen_for, group in groupby(documents, lambda each: each.chosen_for):
        yield from ("", f"## {code(chosen_for)}")
        for document in group:
            yield from ("", f"### {document.doc_id}", "")
            yield from (f"- {label}: {code(value)}" for label, value in facts(document))
            yield from (f"- fails {code(failure_text(failure))}" for failure in document.failures)
            yield from _text_block("text", document.text.beginning)
            if document.text.middle is not None:
                yield from _text_block("its middle", document.text.middle)


def code(text: str) -> str:
    """`text` on one line as a code span, whatever backticks it holds."""
    text = plain(text, len(text)) or " "
    ticks = "`" * (1 + _longest_run(text))
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _text_block(label: str, text: str) -> Iterator[str]:
    fence = "`" * max(3, 1 + _longest_run(text))
    yield from ("", f"{label}:", "", f"{fence}text", *plain_lines(text), fence)


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)

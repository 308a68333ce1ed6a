"""Sampled documents as lines for people; every value from outside is made plain on the way."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from pipelines.explaining.plain_text import plain, plain_lines
from pipelines.explaining.render_accounts import counted, field
from pipelines.rule_listing.samples import Excerpt, Failure, SampledDocument


def sample_lines(documents: Iterable[SampledDocument]) -> Iterator[str]:
    """The documents of one source, in order, under what they were chosen for."""
    for (source, chosen_for), group in groupby(documents, lambda each: (each.source, each.chosen_for)):
        yield f"{plain(source)}: {plain(chosen_for)}"
        for document in group:
            yield ""
            yield from document_lines(document)
        yield ""


def document_lines(document: SampledDocument) -> Iterator[str]:
    """One document."""
    yield field("document", document.doc_id)
    yield from (field(label, value) for label, value in facts(document))
    for failure in document.failures:
        yield field("fails", failure_text(failure))
    yield from excerpt_lines(document.text)


def facts(document: SampledDocument) -> Iterator[tuple[str, str]]:
    """(what, its value) of what is known of a document."""
    yield "from", plain(document.place)
    is_licensed = f", licence {plain(document.license)}" if document.license else ""
    edited = f", {counted(document.edits, 'edit')}" if document.edits else ""
    yield "is", f"{document.text.chars:,} characters, language {plain(document.language)}{is_licensed}{edited}"


def failure_text(failure: Failure) -> str:
    """`length.too_short: 10, bound 50`."""
    if failure.value is None and failure.bound is None:
        return plain(failure.reason)
    value = "no value" if failure.value is None else plain(failure.value)
    bound = "" if failure.bound is None else f", bound {plain(failure.bound)}"
    return f"{plain(failure.reason)}: {value}{bound}"


def excerpt_lines(text: Excerpt) -> Iterator[str]:
    """The text, each line marked, so that it is never taken for the report itself."""
    for label, part in (("text", text.beginning), ("middle", text.middle)):
        for number, line in enumerate(plain_lines(part)) if part is not None else ():
            yield field(label if number == 0 else "", f"│ {line}")

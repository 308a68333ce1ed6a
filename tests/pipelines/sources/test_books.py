"""What holds for every kind that has samples: books that balance, splits that cover, reasons that the page names.

Samples are the demo's inputs, and the valid inputs of the fuzzing's subjects that are named after a kind.
"""

import re
from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from pipelines.build import DEFAULT_RECIPE
from pipelines.document import Absorbed, Document, Quarantined, Record, Rejected, check_storable, document_id
from pipelines.lake import Books
from pipelines.recipe import load_recipe
from pipelines.recipe_keys.sources import SourceSpec
from pipelines.source import Split, source_kinds
from pipelines.steps.ingest import count_record, plan_splits
from tests.docs.pages import code_spans, read, rows
from tests.pipelines.sources.fuzzing.running import subjects

SUBJECTS = {name: subject for name, subject in subjects().items() if name in source_kinds()}
OPTIONS = {
    "python_packages": {"distributions": ["certifi"]},
    "git_commits": {"name": "demo/history", "commits_per_split": 10},
}
CUT = ("commits",)  # inputs that are several splits of one range; kinds that cut larger ones have tests of their own


@cache
def demo() -> dict[str, SourceSpec]:
    """The demo's sources, the shipped history in place of this checkout."""
    found = {}
    for source in load_recipe(DEFAULT_RECIPE).sources:
        uri = source.uri if isinstance(source.uri, str) else source.uri[-1]
        own = source.model_copy(update={"options": OPTIONS.get(source.kind, source.options), "uri": uri})
        own.read_from(source.folder())
        found[source.name] = own
    return found


def records_of(source: SourceSpec) -> list[Record]:
    kind, options = source.source_kind(), source.parsed_options()
    return [record for split in plan_splits(source) for record in kind.read(split, options)]


def balanced(source: str, records: list[Record]) -> Books:
    """Ingest's own books of the records, checked against a count of ours."""
    books = Books()
    refused: list[dict[str, str]] = []
    for record in records:
        count_record(source, record, books, refused)
    books.check(source)
    kinds = Counter(type(record) for record in records)
    assert (books.kept, books.absorbed) == (kinds[Document], kinds[Absorbed])
    assert (books.rejected, books.quarantined) == (kinds[Rejected], kinds[Quarantined])
    assert books.records_in == len(records) == books.kept + books.absorbed + len(refused)
    assert all(row["reference"] and row["reason"] for row in refused)
    return books


def reasons_in_page(kind: str) -> set[str]:
    """The code spans of a kind's section, and of those that it refers to: "as for `jsonl`"."""
    text = read("docs/sources.md")
    start = text.index(f"\n## `{kind}`\n") + 1
    end = text.find("\n## ", start)
    own = text[start : end if end >= 0 else len(text)]
    named = code_spans(own)
    for other in re.findall(r"as for `(\w+)`", own):
        if other != kind and other in source_kinds():
            named |= reasons_in_page(other)
    return named


@pytest.mark.parametrize("name", demo())
def test_the_demos_inputs_have_balanced_books_and_named_reasons(name: str) -> None:
    source = demo()[name]
    records = records_of(source)
    books = balanced(name, records)
    assert books.kept > 0
    assert set(books.reasons) <= reasons_in_page(source.kind)
    for record in records:
        if isinstance(record, Document):
            check_storable(record)
            assert record.url or record.path or record.repository or source.kind.startswith("jsonl")


@pytest.mark.parametrize("name", SUBJECTS)
def test_valid_samples_have_balanced_books_and_named_reasons(name: str) -> None:
    for sample in SUBJECTS[name].samples():
        books = balanced(name, SUBJECTS[name].read(sample))
        assert set(books.reasons) <= reasons_in_page(name)


@pytest.mark.parametrize("name", demo())
def test_splits_are_the_same_each_time_and_cover_their_input_once(name: str) -> None:
    source = demo()[name]
    splits = plan_splits(source)
    assert splits == plan_splits(source)
    by_input: dict[tuple[str, str], list[Split]] = {}
    for split in splits:
        by_input.setdefault((split.uri, split.identity), []).append(split)
    for (_, identity), ranges in by_input.items():
        assert identity
        assert ranges[0].start == 0
        assert all(before.stop == after.start for before, after in pairwise(ranges))
        assert all(part.stop is not None and part.start < part.stop for part in ranges[:-1])


@pytest.mark.parametrize("name", CUT)
def test_what_several_splits_give_is_what_one_over_all_gives(name: str) -> None:
    source = demo()[name]
    splits = plan_splits(source)
    assert len(splits) > 3
    kind, options = source.source_kind(), source.parsed_options()
    whole = splits[0].model_copy(update={"stop": splits[-1].stop})
    assert len({split.uri for split in splits}) == 1

    def told(record: Record) -> str:
        return document_id(name, record) if isinstance(record, Document) else repr(record)

    assert [told(record) for record in kind.read(whole, options)] == [told(record) for record in records_of(source)]


def test_the_page_lists_every_kind_with_its_group() -> None:
    listed = {match[1]: row[2] for row in rows(read("docs/sources.md")) if (match := re.match(r"\[`(\w+)`\]", row[0]))}
    assert {kind.name: kind.group for kind in source_kinds().values()} == listed

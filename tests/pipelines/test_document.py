from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipelines.document import DOCUMENT_SCHEMA, Document, check_storable, document_id, to_table


@pytest.mark.parametrize(
    "document",
    [
        Document("a\ud800", "page"),
        Document("a", "page", url="http://x/\udcff"),
        Document("a", "page", path="\ud800"),
        Document("a", "page", metadata={"x": "\ud800"}),
        Document("a", "page", metadata={"x": object()}),
        Document("a", "page", date=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))),
        Document("é", "page", [(1, "<pr>")]),
        Document("ab", "page", [(2, "<pr>"), (1, "<pr>")]),
        Document("ab", "page", [(3, "<pr>")]),
        Document("ab", "page", [(-1, "<pr>")]),
    ],
)
def test_what_cannot_be_stored_or_tokenized_is_noticed(document: Document) -> None:
    with pytest.raises((ValueError, OverflowError, TypeError)):
        check_storable(document)


def test_a_date_without_a_zone_is_utc() -> None:
    table = to_table("s", [Document("a", "page", date=datetime(2025, 3, 1, 12)), Document("b", "page")])
    assert table.schema == DOCUMENT_SCHEMA
    assert table.column("date").to_pylist() == [datetime(2025, 3, 1, 12, tzinfo=UTC), None]


def test_an_id_is_pinned_and_depends_on_source_place_and_text() -> None:
    base = Document("text", "page", url="https://a.example/")
    assert document_id("pages", base) == "3f9b11c53c5af4f0793b5b48e83d2e9e"
    others = [
        document_id("pages2", base),
        document_id("pages", Document("text2", "page", url="https://a.example/")),
        document_id("pages", Document("text", "page", url="https://b.example/")),
        document_id("pages", Document("text", "page", repository="https://a.example/")),
    ]
    assert len({document_id("pages", base), *others}) == 5

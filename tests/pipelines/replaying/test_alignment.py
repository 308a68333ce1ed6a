from hypothesis import given
from hypothesis import strategies as st

from pipelines.replaying.alignment import Outcome, Tried, compare


def document(name: str) -> Outcome:
    return Outcome("document", doc_id=name)


def quarantined(name: str, reason: str = "bad_json") -> Outcome:
    return Outcome("quarantined", name, reason)


def test_a_damaged_stretch_that_became_many_documents() -> None:
    old = [quarantined("file@9", "corrupt_archive"), quarantined("file@99")]
    now = [document("a"), document("b"), document("c"), quarantined("file@99", "not_utf8"), document("d")]
    found = compare(["a", "d"], old, now)
    assert found.tried == [
        Tried(old[0], document("b"), further=1),
        Tried(old[1], quarantined("file@99", "not_utf8")),
    ]
    assert (found.appeared, found.gone) == (0, 0)


def test_documents_that_changed_stand_for_no_record() -> None:
    found = compare(["a", "b"], [quarantined("x")], [document("a"), quarantined("x"), document("B")])
    assert found.tried == [Tried(quarantined("x"), quarantined("x"))]
    assert (found.appeared, found.gone) == (1, 1)


def test_a_record_that_is_no_more_is_nothing() -> None:
    assert compare([], [quarantined("x")], []).tried == [Tried(quarantined("x"), None)]


def test_records_with_one_reference_are_told_apart_by_their_order() -> None:
    old = [quarantined("x", "one"), quarantined("x", "two")]
    now = [Outcome("rejected", "x", "no_text"), Outcome("absorbed", "x")]
    assert compare([], old, now).tried == [Tried(old[0], now[0]), Tried(old[1], now[1])]


KINDS = ("document", "rejected", "quarantined", "absorbed")


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS))))
def test_every_record_is_told_what_it_became(records: list[tuple[str, str]]) -> None:
    """Against the truth, where each record is known by its number and only those without a document change into one."""

    def outcome(kind: str, number: int) -> Outcome:
        if kind == "document":
            return document(f"d{number}")
        return Outcome(kind, f"r{number}", "" if kind == "absorbed" else kind)  # type: ignore[arg-type]

    # A record that is absorbed leaves no trace in what is stored, so that one stays what it is.
    pairs = [(old, old if old in ("absorbed", "document") else new) for old, new in records]
    before = [outcome(old, number) for number, (old, _) in enumerate(pairs)]
    now = [outcome(new, number) for number, (_, new) in enumerate(pairs)]
    old_ids = [each.doc_id for each in before if each.kind == "document"]
    found = compare(old_ids, [each for each in before if each.kind in ("rejected", "quarantined")], now)
    truth = [Tried(old, new) for old, new in zip(before, now, strict=True) if old.kind == "quarantined"]
    assert sorted(found.tried) == sorted(truth)
    assert (found.appeared, found.gone) == (0, 0)

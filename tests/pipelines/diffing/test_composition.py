"""Composition and books: what differs and nothing else, matched by name."""

import shutil
from pathlib import Path

from pipelines.diffing.books import book_changes
from pipelines.diffing.composition import composition, share_change
from pipelines.mixture import Mixture, open_mixture
from tests.pipelines.diffing.lakes import Made, MadeMixture

DOCUMENTS = [Made(number) for number in range(8)]


def two(folder: Path) -> tuple[Mixture, Mixture]:
    old = MadeMixture({"pages": DOCUMENTS, "files": DOCUMENTS}, rows=6, phases=("main", "cooldown"))
    rejected = [Made(0, rejected=("length.min",)), *DOCUMENTS[1:]]
    new = MadeMixture({"pages": rejected, "commits": DOCUMENTS}, rows=8, phases=("main", "late"))
    return open_mixture(old.write(folder / "a")), open_mixture(new.write(folder / "b"))


def test_sources_and_phases_are_matched_by_name(tmp_path: Path) -> None:
    old, new = two(tmp_path)
    found = composition(old.manifest, new.manifest)
    assert found.whole is not None
    assert found.whole.before is not None
    assert found.whole.after is not None
    assert (found.whole.before.tokens, found.whole.after.tokens) == (2 * 6 * 16, 2 * 8 * 16)
    assert [(pair.name, pair.before is None, pair.after is None) for pair in found.sources] == [
        ("pages", False, False),
        ("files", False, True),
        ("commits", True, False),
    ]
    assert [share_change(pair) for pair in found.sources] == [0.0, -0.5, 0.5]
    pages = found.sources[0]
    assert pages.before is not None
    assert pages.after is not None
    assert (pages.before.documents, pages.after.documents) == (8, 7)
    assert (pages.before.epochs, pages.after.epochs) == (96 / 80, 128 / 70)
    phases = {change.phase.name: change for change in found.phases}
    assert list(phases) == ["main", "cooldown", "late"]
    assert phases["cooldown"].phase.after is None
    assert [pair.name for pair in phases["late"].sources] == ["pages", "commits"]


def test_swapped_mixtures_swap_before_and_after(tmp_path: Path) -> None:
    old, new = two(tmp_path)
    there, back = (
        {pair.name: (pair.before, pair.after) for pair in composition(*side).sources}
        for side in ((old.manifest, new.manifest), (new.manifest, old.manifest))
    )
    assert {name: (after, before) for name, (before, after) in back.items()} == there


def test_books_show_what_differs(tmp_path: Path) -> None:
    old, new = two(tmp_path)
    changes = book_changes(old, new)
    lines = {(books.stage, books.source): books.changes() for books in changes.stages}
    assert lines["decide", "pages"] == [("kept", 8, 7), ("rejected", 0, 1), ("length.min", 0, 1)]
    assert lines["dedup", "pages"] == [("records in", 8, 7), ("kept", 8, 7)]
    assert ("ingest", "pages") not in lines
    assert lines["ingest", "files"] == [("records in", 8, 0), ("kept", 8, 0)]
    assert lines["ingest", "commits"] == [("records in", 0, 8), ("kept", 0, 8)]
    assert [books.stage for books in changes.stages][:2] == ["ingest", "ingest"]
    assert changes.notes == []


def test_a_lost_stage_is_named_and_the_others_are_compared(tmp_path: Path) -> None:
    old, new = two(tmp_path)
    shutil.rmtree(tmp_path / "b" / "stages" / "dedup" / "pages")
    changes = book_changes(old, new)
    assert changes.notes == ["Stage dedup of pages: its output is not in the lake any more."]
    assert ("decide", "pages") in [(books.stage, books.source) for books in changes.stages]


def test_a_mixture_has_its_own_composition_and_books(tmp_path: Path) -> None:
    for mixture in two(tmp_path):
        found = composition(mixture.manifest, mixture.manifest)
        assert (found.whole, found.sources, found.phases) == (None, [], [])
        assert book_changes(mixture, mixture).stages == []

"""Documents that entered and left, against the sets that the packers' rows hold."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer import storage
from pipelines.diffing.documents import DocumentChanges, Moved, document_changes
from pipelines.diffing.trained import TrainedSource, trained_source
from pipelines.mixture import Mixture, open_mixture
from tests.pipelines.diffing.lakes import Made, MadeMixture

SOURCES = ("pages", "files")


@st.composite
def made_documents(draw: st.DrawFn) -> list[Made]:
    numbers = draw(st.sets(st.integers(0, 30), max_size=14))
    return [
        Made(
            number,
            tokens=draw(st.integers(1, 50)) if number % 3 else 16,
            rejected=draw(st.sampled_from([(), (), (), ("length.min",), ("length.min", "words.few")])),
            survivor=draw(st.sampled_from([None, None, None, 2])),
            dropped=draw(st.booleans()),
        )
        for number in sorted(numbers)
    ]


@st.composite
def made_mixtures(draw: st.DrawFn) -> MadeMixture:
    chosen = draw(st.sampled_from([SOURCES, SOURCES, SOURCES[:1], SOURCES[1:]]))
    sources = {name: draw(made_documents()) for name in chosen}
    sources[chosen[0]] = [*sources[chosen[0]], Made(99, tokens=draw(st.integers(1, 40)))]
    return MadeMixture(
        sources,
        rows=draw(st.integers(1, 14)),
        packing=draw(st.sampled_from(["concat", "best_fit"])),
        seed=draw(st.integers(0, 2)),
        salt=draw(st.sampled_from(["salt", "salt", "pepper"])),
        phases=draw(st.sampled_from([("main",), ("main", "cooldown")])),
        where=draw(st.sampled_from([frozenset(), frozenset(SOURCES)])) if len(sources) > 1 else frozenset(),
    )


def trained_ids(mixture: Mixture, name: str) -> set[str]:
    """The definition: every document that a row of the source holds a part of."""
    totals = [source for source in mixture.manifest.sources if source.name == name]
    rows = range(totals[0].rows) if totals else range(0)
    return {part.doc_id for row in rows for part in mixture.packers[name].parts(row)}


def tokens_of(made: MadeMixture, name: str) -> dict[str, int]:
    return {one.doc_id(name): one.tokens for one in made.sources.get(name, ())}


def outcome(made: MadeMixture, name: str, doc_id: str) -> str:
    """What became of a document that is not trained on."""
    if name not in made.sources:
        return "source_not_mixed"
    one = next((one for one in made.sources[name] if one.doc_id(name) == doc_id), None)
    if one is None:
        return "not_in_source"
    if one.rejected:
        return "rejected"
    if one.survivor is not None:
        return "duplicate"
    return "not_chosen" if one.dropped and name in made.where else "not_reached"


@settings(max_examples=40)
@given(made_mixtures(), made_mixtures(), st.integers(0, 3))
def test_entered_and_left_are_what_the_rows_say(before: MadeMixture, after: MadeMixture, samples: int) -> None:
    with TemporaryDirectory() as folder:
        old, new = (open_mixture(made.write(Path(folder, side))) for made, side in ((before, "a"), (after, "b")))
        changes = document_changes(old, new, samples)
        swapped = document_changes(new, old, samples)
        rows = {name: (trained_ids(old, name), trained_ids(new, name)) for name in SOURCES}
    assert changes.notes == []
    found = {source.source: source for source in changes.sources}
    assert set(found) == {name for name, (was, now) in rows.items() if was != now}
    for name, source in found.items():
        was, now = rows[name]
        check_moved(source.entered, now - was, after, before, name, samples)
        check_moved(source.left, was - now, before, after, name, samples)
    mirrored = {source.source: (source.left, source.entered) for source in swapped.sources}
    assert mirrored == {name: (source.entered, source.left) for name, source in found.items()}


def check_moved(
    moved: Moved, expected: set[str], holder: MadeMixture, lacker: MadeMixture, name: str, samples: int
) -> None:
    tokens = tokens_of(holder, name)
    assert moved.documents == len(expected)
    assert moved.tokens == sum(tokens[doc_id] for doc_id in expected)
    outcomes = [outcome(lacker, name, doc_id) for doc_id in expected]
    assert moved.outcomes == {value: outcomes.count(value) for value in set(outcomes)}
    assert [sample.doc_id for sample in moved.samples] == sorted(expected)[:samples]
    made = {one.doc_id(name): one for one in holder.sources.get(name, ())}
    for sample in moved.samples:
        assert sample.tokens == tokens[sample.doc_id]
        assert sample.reference == f"http://one.example/{made[sample.doc_id].number}"
        assert sample.outcome == outcome(lacker, name, sample.doc_id)


@settings(max_examples=10)
@given(made_mixtures())
def test_a_mixture_does_not_differ_from_itself(made: MadeMixture) -> None:
    with TemporaryDirectory() as folder:
        mixture = open_mixture(made.write(Path(folder)))
        assert document_changes(mixture, mixture) == DocumentChanges(sources=[], notes=[])


def pair(folder: Path, before: Sequence[Made], after: Sequence[Made], **options: object) -> tuple[Mixture, Mixture]:
    """Two mixtures of whole epochs."""
    made = [MadeMixture({"pages": own}, rows=40, **options) for own in (before, after)]  # type: ignore[arg-type]
    old, new = (open_mixture(one.write(folder / side)) for one, side in zip(made, "ab", strict=True))
    return old, new


def test_why_a_document_left(tmp_path: Path) -> None:
    before = [Made(number) for number in range(8)]
    after = [
        Made(0),
        Made(1, rejected=("length.min", "words.few")),
        Made(2, rejected=("words.few",)),
        Made(3, survivor=0),
        Made(4, dropped=True),
        Made(5),
        Made(6),
    ]
    old, new = pair(tmp_path, before, after, where=frozenset({"pages"}))
    (source,) = document_changes(old, new, 10).sources
    assert source.entered.documents == 0
    assert source.left.outcomes == {"not_in_source": 1, "rejected": 2, "duplicate": 1, "not_chosen": 1}
    assert source.left.reasons == {
        "not_chosen": {"where": 1},
        "rejected": {"length.min": 1, "words.few": 2},
        "duplicate": {"near_duplicate": 1},
    }
    samples = {sample.reference[-1]: sample for sample in source.left.samples}
    assert set(samples) == {"1", "2", "3", "4", "7"}
    assert samples["1"].reasons == ["length.min", "words.few"]
    assert samples["3"].survivor == "http://one.example/0"
    assert samples["4"].reasons == ["where"]


def test_blocks_with_the_same_content_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [Made(number) for number in range(30)]
    old, new = pair(tmp_path, before, before[1:])
    read: list[int] = []
    documents = TrainedSource.documents

    def counted(source: TrainedSource, block: int) -> object:
        read.append(block)
        return documents(source, block)

    monkeypatch.setattr(TrainedSource, "documents", counted)
    (source,) = document_changes(old, new).sources
    assert source.left.documents == 1
    assert len(set(read)) == 1 < len(trained_source(old, "pages").reached)


def test_a_document_that_stands_twice_counts_once(tmp_path: Path) -> None:
    twice = [Made(0), Made(1), Made(1), Made(2)]
    old, new = pair(tmp_path, twice, [Made(0)])
    (source,) = document_changes(old, new).sources
    assert (source.left.documents, source.left.tokens) == (2, 20)


@pytest.mark.parametrize("packing", ["concat", "best_fit"])
def test_a_few_rows_of_many_documents_read_the_blocks_that_they_reach(tmp_path: Path, packing: str) -> None:
    made = MadeMixture({"pages": [Made(number) for number in range(60)]}, rows=2, packing=packing)  # type: ignore[arg-type]
    source = trained_source(open_mixture(made.write(tmp_path)), "pages")
    assert len(source.blocks.folders) == 4
    assert len(source.reached) == 1


def test_lost_verdicts_leave_the_reason_unknown(tmp_path: Path) -> None:
    old, new = pair(tmp_path, [Made(0), Made(1)], [Made(0), Made(1, rejected=("length.min",))])
    shutil.rmtree(tmp_path / "b" / "stages" / "decide")
    changes = document_changes(old, new)
    assert changes.sources[0].left.outcomes == {"unknown": 1}
    assert any("decide" in note for note in changes.notes)


def test_lost_documents_leave_the_reference_empty(tmp_path: Path) -> None:
    old, new = pair(tmp_path, [Made(0), Made(1)], [Made(0)])
    shutil.rmtree(tmp_path / "a" / "stages" / "ingest")
    changes = document_changes(old, new)
    assert changes.sources[0].left.samples[0].reference == ""
    assert any("ingest" in note for note in changes.notes)


def test_a_source_without_its_blocks_is_named_and_the_others_are_compared(tmp_path: Path) -> None:
    before = MadeMixture({"pages": [Made(0)], "files": [Made(0), Made(1)]}, rows=10)
    after = MadeMixture({"pages": [Made(0)], "files": [Made(0)]}, rows=10)
    old, new = (open_mixture(made.write(tmp_path / side)) for made, side in ((before, "a"), (after, "b")))
    shutil.rmtree(tmp_path / "b" / "stages" / "tokenize" / "pages")
    changes = document_changes(old, new)
    assert [source.source for source in changes.sources] == ["files"]
    assert any("tokenize of pages" in note for note in changes.notes)


def test_a_damaged_block_is_named(tmp_path: Path) -> None:
    old, new = pair(tmp_path, [Made(0), Made(1)], [Made(0)])
    for path in (tmp_path / "a" / "stages" / "tokenize").rglob("block-*"):
        storage.write_bytes(str(path), b"PAR1 no Parquet file")
    changes = document_changes(old, new)
    assert changes.sources == []
    assert any("damaged" in note for note in changes.notes)
